// A field's value on a page: a number with its unit beside it, smaller and grey; all others as text.

import { useSettings } from '../shell/settings.ts';
import { useMoment } from '../shell/zone.ts';
import type { AnyWords } from './page.ts';
import { type Shown, showValue } from './show-value.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

export function Value({ shown, words }: { shown: Shown; words: AnyWords }) {
  const { format } = useSettings();
  const kit = useWords(kitWords);
  const moment = useMoment(true);
  const { field, value, record } = shown;
  if (field.kind === 'instant' && typeof value === 'string')
    return <>{moment(value, typeof record?.['plantId'] === 'number' ? record['plantId'] : null)}</>;
  const text = showValue(shown, { format, words, kit });
  const unit = field.kind === 'integer' || field.kind === 'decimal' ? field.unit : undefined;
  if (unit === undefined || typeof value !== 'number') return <>{text}</>;
  return (
    <>
      {text}
      {'\u00a0'}
      <span className="unit">{unit}</span>
    </>
  );
}
