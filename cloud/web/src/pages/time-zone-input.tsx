// Choosing a time zone by typing a part of its name; the clock there stands beside it, so that a wrong
// choice is seen.

import { useState } from 'react';
import type { FieldInputProps } from '../kit/field-input.tsx';
import { type Option, OptionPicker } from '../kit/option-picker.tsx';
import { useSettings } from '../shell/settings.ts';

const OPTIONS = 30;

export function TimeZoneInput({
  id,
  value,
  onChange,
  invalid,
  describedBy,
}: Pick<FieldInputProps, 'id' | 'value' | 'onChange' | 'invalid' | 'describedBy'>) {
  const { format } = useSettings();
  const [text, setText] = useState('');
  const [now] = useState(() => Date.now());
  const words = text
    .toLowerCase()
    .split(/[\s/_]+/)
    .filter(Boolean);
  const options = zones()
    .filter((zone) => words.every((word) => zone.toLowerCase().includes(word)))
    .slice(0, OPTIONS)
    .map(
      (zone): Option<string> => ({
        value: zone,
        label: zone.replaceAll('_', ' '),
        more: `${format.time(now, zone).slice(0, 5)} ${format.zone(now, zone)}`,
      }),
    );
  return (
    <OptionPicker
      id={id}
      chosen={typeof value === 'string' ? value.replaceAll('_', ' ') : ''}
      options={options}
      onType={setText}
      onChoose={(option) => onChange(option?.value ?? '')}
      required
      invalid={invalid}
      describedBy={describedBy}
    />
  );
}

/** This device's own zone comes first, then all by name. */
function zones(): string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [own, ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== own), 'UTC'];
}
