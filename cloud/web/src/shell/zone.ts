// Moments in a plant's clock. What belongs to no plant is told by the clock of the first plant one sees,
// and without any plant by the clock of this device; the zone is always named.

import { useContext } from 'react';
import { AccessContext } from './context.ts';
import { useSettings } from './settings.ts';

/** `4 Mar 2026, 14:05:09 CET (Plant North)` for an ISO time or milliseconds; `short` leaves out the plant. */
export function useMoment(short = false): (time: string | number, plantId?: number | null) => string {
  // Nobody is signed in on the first run and where one signs in: what is wrong is said there, too.
  const plants = useContext(AccessContext)?.plants ?? [];
  const { format } = useSettings();
  return (time, plantId) => {
    const plant = plants.find(({ id }) => id === plantId) ?? plants[0];
    const ms = typeof time === 'string' ? Date.parse(time) : time;
    if (!plant) return format.moment(ms, Intl.DateTimeFormat().resolvedOptions().timeZone);
    const moment = format.moment(ms, plant.timeZone);
    return short ? moment : `${moment} (${plant.name})`;
  };
}
