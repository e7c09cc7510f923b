// A moment, typed by the clock of a plant: its zone stands beside the input, the API gets an instant.

import type { ComponentProps } from 'react';
import { Temporal } from 'temporal-polyfill';
import { useSearchParams } from 'wouter';
import { useAccess } from '../shell/context.ts';
import { useSettings } from '../shell/settings.ts';

type InputProps = Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'type'>;

/** `plantId`: whose clock; left out, that of the plant one looks at. `value` is ISO 8601, or '' for none. */
export function InstantInput({
  value,
  onChange,
  plantId,
  ...rest
}: InputProps & { value: string; onChange: (instant: string) => void; plantId?: number }) {
  const { plants } = useAccess();
  const { format } = useSettings();
  const [parameters] = useSearchParams();
  const wanted = plantId ?? Number(parameters.get('plant'));
  const plant = plants.find(({ id }) => id === wanted) ?? plants[0];
  const zone = plant?.timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <span className="with-unit">
      <input
        {...rest}
        type="datetime-local"
        step={60}
        value={wallTime(value, zone)}
        onChange={(event) => onChange(instantOf(event.target.value, zone))}
      />
      <span className="unit">{value === '' ? zone : format.zone(Date.parse(value), zone)}</span>
    </span>
  );
}

/** `2026-03-04T14:05` on the clock of the zone. */
function wallTime(instant: string, zone: string): string {
  if (Number.isNaN(Date.parse(instant))) return '';
  const wall = Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime();
  return wall.toString({ smallestUnit: 'minute' });
}

/** A time that the clock skips or shows twice is taken as Temporal's `compatible`. */
function instantOf(wall: string, zone: string): string {
  if (wall === '') return '';
  return Temporal.PlainDateTime.from(wall).toZonedDateTime(zone).toInstant().toString();
}
