// What was just done and can be undone: a line over the page's foot, that stays until it is put away or
// the next one comes. Nothing moves when it comes.

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { kitWords } from '../kit/words.ts';
import { useSettings } from './settings.ts';

interface Notice {
  readonly text: string;
  undo?(): Promise<void>;
}

const NoticeContext = createContext<((notice: Notice | null) => void) | null>(null);

export function useNotice(): (notice: Notice | null) => void {
  const tell = useContext(NoticeContext);
  if (!tell) throw new Error('no place for notices around this component');
  return tell;
}

export function Notices({ children }: { children: ReactNode }) {
  const words = kitWords[useSettings().language];
  const [notice, setNotice] = useState<Notice | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const tell = useCallback((next: Notice | null) => {
    setNotice(next);
    setFailed(null);
  }, []);
  const undo = useMemo(
    () =>
      notice?.undo &&
      (() =>
        notice.undo?.().then(
          () => tell(null),
          (error: Error) => setFailed(error.message),
        )),
    [notice, tell],
  );
  return (
    <NoticeContext value={tell}>
      {children}
      <output className={notice === null ? 'banner hidden' : 'banner'}>
        {notice && (
          <>
            <span>{failed ?? notice.text}</span>
            {undo && failed === null && (
              <button type="button" onClick={() => void undo()}>
                {words.undo}
              </button>
            )}
            <button type="button" onClick={() => tell(null)}>
              {words.dismiss}
            </button>
          </>
        )}
      </output>
    </NoticeContext>
  );
}
