// Nobody loses what he typed: leaving a page with unsaved changes asks first. The browser's Navigation API
// covers links, the back button and our own navigation alike; closing the window asks in the browser's words.

import { useCallback, useEffect, useRef, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

/** What is used of it; not every browser has it, and there only closing the window asks. */
interface Navigation extends EventTarget {
  navigate(url: string): unknown;
  traverseTo(key: string): unknown;
}
interface NavigateEvent extends Event {
  readonly navigationType: 'push' | 'replace' | 'reload' | 'traverse';
  readonly destination: { readonly url: string; readonly key: string };
}

interface LeaveGuard {
  /** From now on one may leave: it was saved. */
  release(): void;
  readonly question: React.ReactNode;
}

export function useLeaveGuard(dirty: boolean): LeaveGuard {
  const armed = useRef(dirty);
  useEffect(() => {
    armed.current = dirty;
  }, [dirty]);
  const [wanted, setWanted] = useState<(() => void) | null>(null);
  useEffect(() => {
    if (!dirty) return;
    const { navigation } = window as unknown as { navigation?: Navigation };
    const here = location.pathname;
    const onNavigate = (event: Event): void => {
      const { navigationType, destination, cancelable } = event as NavigateEvent;
      // A change of the query alone (a filter, a tab) leaves nothing.
      if (!armed.current || !cancelable || new URL(destination.url).pathname === here) return;
      event.preventDefault();
      setWanted(() => () => {
        if (navigationType === 'traverse') navigation?.traverseTo(destination.key);
        else history.pushState(null, '', destination.url);
      });
    };
    const onUnload = (event: Event): void => {
      if (armed.current) event.preventDefault();
    };
    navigation?.addEventListener('navigate', onNavigate);
    window.addEventListener('beforeunload', onUnload);
    return () => {
      navigation?.removeEventListener('navigate', onNavigate);
      window.removeEventListener('beforeunload', onUnload);
    };
  }, [dirty]);
  const release = useCallback(() => {
    armed.current = false;
  }, []);
  const leave = (): void => {
    release();
    setWanted(null);
    wanted?.();
  };
  return { release, question: wanted && <Question stay={() => setWanted(null)} leave={leave} /> };
}

function Question({ stay, leave }: { stay(): void; leave(): void }) {
  const words = useWords(kitWords);
  return (
    <Dialog title={words.unsavedTitle} close={stay}>
      <p>{words.unsaved}</p>
      <div className="actions">
        <button type="button" className="main" onClick={stay}>
          {words.stay}
        </button>
        <button type="button" onClick={leave}>
          {words.leave}
        </button>
      </div>
    </Dialog>
  );
}
