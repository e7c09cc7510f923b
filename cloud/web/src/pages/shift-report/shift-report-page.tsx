// The shift report: one shift of a plant or lane on one page that prints: figures, largest losses, long stops,
// scrap, notes, its version and who signed.

import { Link } from 'wouter';
import type { ShiftReport, ShiftVersionPage } from '../../../../domains/shift-reports/index.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { Access, AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { useMoment } from '../../shell/zone.ts';
import { usePlaces } from '../oee/use-oee.ts';
import { Handover, Signature } from './handover.tsx';
import { Figures, LongStops, Losses, Scrap } from './report-parts.tsx';
import { shiftReportWords } from './shift-report-words.ts';
import { type ShiftChoice, useReport, useShiftChoice } from './use-shift-report.ts';

export function maySeeShiftReports(access: Access): boolean {
  return access.may('shifts.read') && access.may('metrics.read');
}

export function ShiftReportPage() {
  const { words } = useSettings();
  const access = useAccess();
  const { plant } = usePlant('one');
  if (!plant) return <p className="notice">{words.noPlants}</p>;
  if (!maySeeShiftReports(access)) return <p className="notice">{words.plantGone}</p>;
  return <PlantReport key={plant.id} plant={plant} />;
}

function PlantReport({ plant }: { plant: AccessPlant }) {
  const words = useWords(shiftReportWords);
  const { words: common } = useSettings();
  const choice = useShiftChoice(plant);
  useTitle(`${words.title} – ${plant.name}`);
  return (
    <div className="page shift-report" aria-busy={choice.isLoading}>
      {choice.error && <Problem error={choice.error} retry={choice.retry} />}
      {choice.isLoading && !choice.error && <p className="oee-waiting">{common.loading} …</p>}
      {!choice.isLoading &&
        (choice.shift ? <Report plant={plant} shift={choice.shift} choice={choice} /> : <Nothing plantId={plant.id} />)}
    </div>
  );
}

interface ReportProps {
  readonly plant: AccessPlant;
  readonly shift: ShiftReport;
  readonly choice: ShiftChoice;
}

function Report({ plant, shift, choice }: ReportProps) {
  const { words: common } = useSettings();
  const { data, error, refetch } = useReport(shift, choice);
  const lane = usePlaces(plant.id).lanes.find(({ id }) => id === choice.lane);
  return (
    <>
      <Head plant={plant} shift={shift} choice={choice} laneName={lane?.name ?? null} />
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <p className="oee-waiting">{common.loading} …</p>}
      {data && (
        <>
          <Standing shift={shift} versions={data.versions} choice={choice} />
          <Figures data={data} place={lane?.name ?? plant.name} timeZone={plant.timeZone} />
          <div className="report-columns">
            <Losses data={data} />
            <Scrap page={data.scrap} />
          </div>
          <LongStops stops={data.stops} timeZone={plant.timeZone} />
          {data.notes && <Handover shift={shift} lane={choice.lane} notes={data.notes.items} />}
          <Signature shift={shift} lane={choice.lane} />
        </>
      )}
    </>
  );
}

function Head({ plant, shift, choice, laneName }: ReportProps & { laneName: string | null }) {
  const words = useWords(shiftReportWords);
  const { format } = useSettings();
  const { previous, next } = choice;
  const time = (instant: string) => format.time(Date.parse(instant), plant.timeZone).slice(0, 5);
  const zone = format.zone(Date.parse(shift.to), plant.timeZone);
  return (
    <>
      <nav className="toolbar screen-only" aria-label={words.title}>
        {previous && <Link href={choice.href(previous)}>{`← ${words.previous}: ${previous.name}`}</Link>}
        {next && <Link href={choice.href(next)}>{`${words.next}: ${next.name} →`}</Link>}
        <LaneChoice plantId={plant.id} choice={choice} />
        <button type="button" onClick={() => window.print()}>
          {words.print}
        </button>
      </nav>
      <header className="report-head">
        <h1>
          {words.title}: {words.shiftOf(shift.name, format.day(shift.day))}
        </h1>
        <p>
          {plant.name}
          {laneName !== null && `, ${laneName}`} · {words.span(time(shift.from), time(shift.to))} {zone}
          {shift.team !== null && ` · ${words.team(shift.team)}`} · {words.machines(format.number(shift.machines))}
        </p>
      </header>
    </>
  );
}

function LaneChoice({ plantId, choice }: { plantId: number; choice: ShiftChoice }) {
  const words = useWords(shiftReportWords);
  const { lanes } = usePlaces(plantId);
  if (lanes.length === 0) return null;
  return (
    <span className="report-lanes">
      {words.place}:{' '}
      <Link href={choice.hrefWith({ lane: null })} aria-current={choice.lane === null ? 'true' : undefined}>
        {words.wholePlant}
      </Link>
      {lanes.map(({ id, name }) => (
        <Link
          key={id}
          href={choice.hrefWith({ lane: String(id) })}
          aria-current={choice.lane === id ? 'true' : undefined}
        >
          {name}
        </Link>
      ))}
    </span>
  );
}

/** How far the shift is, in which version, and what the version came from. */
function Standing({
  shift,
  versions,
  choice,
}: {
  shift: ShiftReport;
  versions: ShiftVersionPage;
  choice: ShiftChoice;
}) {
  const words = useWords(shiftReportWords);
  const moment = useMoment(true);
  const state = words.states[shift.state] ?? shift.state;
  const badge = shift.version !== null && shift.version > 1 ? `${state} ${words.version(shift.version)}` : state;
  // Of machines with the same version, the last one told: they are closed together.
  const numbered = new Map(versions.items.map((item) => [item.version, item]));
  const shown = choice.version === null ? null : numbered.get(choice.version);
  const cause = shown ?? (shift.versionAt === null ? null : { ...shift, madeAt: shift.versionAt });
  return (
    <div className="standing">
      <span className={`badge state-${shift.state}`}>{badge}</span>{' '}
      {cause && (
        <span className="unit">
          {words.causedBy(words.causes[cause.cause ?? ''] ?? '', cause.causedBy, moment(cause.madeAt, shift.plantId))}
        </span>
      )}
      {shift.closesBy !== null && <span className="unit">{words.closesBy(moment(shift.closesBy, shift.plantId))}</span>}
      {shift.isChanging && <strong>{words.changing}</strong>}
      {numbered.size > 1 && (
        <span className="versions screen-only">
          {words.versions}:{' '}
          {[...numbered.keys()]
            .toSorted((one, other) => one - other)
            .map((version) => (
              <Link
                key={version}
                href={choice.hrefWith({ version: String(version) })}
                aria-current={choice.version === version ? 'true' : undefined}
              >
                {words.version(version)}
              </Link>
            ))}
          <Link href={choice.hrefWith({ version: null })} aria-current={choice.version === null ? 'true' : undefined}>
            {words.latest}
          </Link>
        </span>
      )}
      {choice.version !== null && <strong className="print-only">{words.version(choice.version)}</strong>}
    </div>
  );
}

function Nothing({ plantId }: { plantId: number }) {
  const words = useWords(shiftReportWords);
  const access = useAccess();
  return (
    <>
      <h1>{words.title}</h1>
      <p>{words.none}</p>
      {access.may('calendars.read') && (
        <p>
          <Link href={`/plant-setup/calendars?plant=${plantId}`}>{words.toCalendars}</Link>
        </p>
      )}
    </>
  );
}
