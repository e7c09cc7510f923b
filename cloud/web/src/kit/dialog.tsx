// A dialog of its own over the page: the browser keeps the focus in it, Escape closes it. Never two.

import { type ReactNode, useEffect, useId, useRef } from 'react';

export function Dialog({
  title,
  close,
  wide = false,
  children,
}: {
  title: string;
  close(): void;
  wide?: boolean;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? 'modal wide' : 'modal'}
      aria-labelledby={heading}
      onCancel={(event) => {
        // A file input inside says cancel, too: when the same file is chosen again, or none.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        close();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}
