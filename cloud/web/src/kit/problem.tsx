// What went wrong, in words for the person at the screen, with what he can do now.

import type { Fault, FieldError } from '../../../platform/faults.ts';
import { spoken } from '../shell/format.ts';
import { ApiError } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { useMoment } from '../shell/zone.ts';
import type { FaultContext } from './fault-context.ts';
import { faultText } from './fault-words.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

/** What a page calls its fields, and what it shows at the fields themselves. */
export interface FieldWords {
  readonly fields: Readonly<Record<string, string>>;
  readonly choices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly faults?: Readonly<Record<string, string>>;
}

/** What is wrong with one field or cell, in the language of the page. */
export function useFaultText(): (wrong: Fault, context?: Omit<FaultContext, 'format' | 'moment'>) => string {
  const { language, format } = useSettings();
  const moment = useMoment(true);
  return (wrong, context = {}) => faultText(wrong, language, { ...context, format, moment });
}

/** `body/plant/name` → `plant/name`. */
export function fieldPath({ path }: FieldError): string {
  return path.split('/').slice(1).join('/');
}

/**
 * The server says it in English; in another language its kind is said first. Wrong fields are called as the
 * page calls them; those in `atFields` say themselves what is wrong.
 */
export function useProblemText(
  words: FieldWords = { fields: {} },
  atFields: readonly string[] = [],
): (error: Error) => string {
  const kit = useWords(kitWords);
  const textOf = useFaultText();
  const { language } = useSettings();
  const sentence = (wrong: FieldError): string => {
    const name = fieldPath(wrong);
    const [first = ''] = name.split('/');
    const text = textOf(wrong, { choices: words.choices?.[first], own: words.faults, labels: words.fields });
    return name === '' ? text : `${words.fields[name] ?? labelOf(name, words.fields)}: ${text}`;
  };
  return (error) => {
    if (!(error instanceof ApiError)) return kit.unreachable;
    if (error.status >= 500 && error.code === 'internal') return kit.loadFailed;
    if (error.errors.length > 0) {
      const told = error.errors.filter((wrong) => !atFields.includes(fieldPath(wrong).split('/')[0] ?? ''));
      return told.length === 0 ? kit.checkFields : told.map(sentence).join(' ');
    }
    const kind = kit.refused[error.code];
    // What is not there is not there: the id that the server names is of no use to people.
    if (kind !== undefined && error.code === 'not_found') return kind;
    return language === 'en' || kind === undefined ? error.message : `${kind} (${error.message})`;
  };
}

/** `tags/1` → `Tags 2`: the part of a list is counted from one. */
function labelOf(name: string, labels: Readonly<Record<string, string>>): string {
  const [first = '', ...rest] = name.split('/');
  const place = /^\d+$/.test(rest[0] ?? '') ? ` ${Number(rest[0]) + 1}` : '';
  return `${labels[first] ?? spoken(place === '' ? name : first)}${place}`;
}

export function Problem({
  error,
  retry,
  words,
  atFields,
}: {
  error: Error;
  retry?: () => void;
  words?: FieldWords;
  atFields?: readonly string[];
}) {
  const kit = useWords(kitWords);
  const textOf = useProblemText(words, atFields);
  return (
    <div className="problem" role="alert">
      <p>
        <strong>{textOf(error)}</strong>
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          {kit.retry}
        </button>
      )}
      {error instanceof ApiError && error.requestId !== '' && (
        <p className="unit">{kit.requestNumber(error.requestId)}</p>
      )}
    </div>
  );
}
