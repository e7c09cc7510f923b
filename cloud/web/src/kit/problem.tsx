// What went wrong, in words for the person at the screen, with what he can do now.

import { ApiError } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

/** The server says it in English; in another language its kind is said first. */
export function useProblemText(): (error: Error) => string {
  const words = useWords(kitWords);
  const { language } = useSettings();
  return (error) => {
    if (!(error instanceof ApiError)) return words.unreachable;
    if (error.status >= 500 && error.code === 'internal') return words.loadFailed;
    const kind = words.refused[error.code];
    return language === 'en' || kind === undefined ? error.message : `${kind} (${error.message})`;
  };
}

export function Problem({ error, retry }: { error: Error; retry?: () => void }) {
  const words = useWords(kitWords);
  const textOf = useProblemText();
  return (
    <div className="problem" role="alert">
      <p>
        <strong>{textOf(error)}</strong>
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          {words.retry}
        </button>
      )}
      {error instanceof ApiError && error.requestId !== '' && (
        <p className="unit">{words.requestNumber(error.requestId)}</p>
      )}
    </div>
  );
}
