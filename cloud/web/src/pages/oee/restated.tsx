// Shifts of the period whose figures changed after they were closed: which, in what version, and why.

import { Link } from 'wouter';
import type { ShiftReport, ShiftReportPage } from '../../../../domains/shift-reports/index.ts';
import { useWords } from '../../kit/use-words.ts';
import type { Access } from '../../shell/access.ts';
import type { Session } from '../../shell/session.ts';
import { useSettings } from '../../shell/settings.ts';
import { useMoment } from '../../shell/zone.ts';
import { shiftReportWords } from '../shift-report/shift-report-words.ts';
import { type Days, daysBefore, type OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';

/** Shifts are listed for so many days at most; of a longer period, its last. */
const MOST_DAYS = 100;

export const maySeeShifts = (access: Access): boolean => access.may('shifts.read');

export async function readRestated(
  session: Session,
  { plantId, place, fromDay, toDay, shift }: Days & Pick<OeeState, 'place' | 'shift'> & { plantId: number },
  signal: AbortSignal,
): Promise<readonly ShiftReport[]> {
  const first = daysBefore(toDay, MOST_DAYS - 1);
  const query = new URLSearchParams({ plant: String(plantId), fromDay: first > fromDay ? first : fromDay, toDay });
  if (place.kind !== 'plant') query.set(place.kind, String(place.id));
  const { items } = await session.get<ShiftReportPage>(`/shift-reports?${query}`, signal);
  return items
    .filter(({ version, name }) => version !== null && version > 1 && (shift === null || name === shift))
    .toSorted((one, other) => Date.parse(other.versionAt ?? '') - Date.parse(one.versionAt ?? ''));
}

/** The one that changed last, and how many there are. */
export function Restated({ shifts }: { shifts: readonly ShiftReport[] }) {
  const words = useWords(oeeWords);
  const report = useWords(shiftReportWords);
  const { format } = useSettings();
  const moment = useMoment(true);
  const [shift, ...rest] = shifts;
  if (!shift || shift.version === null) return null;
  const { plantId, day, name, cause, causedBy, versionAt } = shift;
  return (
    <p className="restated">
      <span className="badge">
        {report.states['restated']} {report.version(shift.version)}
      </span>{' '}
      <Link href={`/shift-report?${new URLSearchParams({ plant: String(plantId), day, shift: name })}`}>
        {report.shiftOf(name, format.day(day))}
      </Link>{' '}
      {versionAt !== null && (
        <span className="unit">
          {report.causedBy(report.causes[cause ?? ''] ?? '', causedBy, moment(versionAt, plantId))}
        </span>
      )}{' '}
      {rest.length > 0 && words.moreRestated(format.number(rest.length))}
    </p>
  );
}
