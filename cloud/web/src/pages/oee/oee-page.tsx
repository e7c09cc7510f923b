// The page OEE: figure and factors of a period and a place, where the time went, its trend, its reasons, and
// the machines or lanes behind it.

import { Link } from 'wouter';
import type { ParetoPage } from '../../../../domains/metrics/index.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { Access, AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { maySeeMachines } from '../machine/may-see.ts';
import { stopsHref } from '../machine/why.ts';
import { machineHref, windowOfDays } from '../machine/window.ts';
import { maySeeShiftReports } from '../shift-report/shift-report-page.tsx';
import { Choice } from './choice.tsx';
import { DemoHistory } from './demo-history.tsx';
import { Figures, FurtherFigures } from './figures.tsx';
import { type Compared, type OeeState, type PeriodName, queryOf, useOeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';
import { PlacesTable } from './places-table.tsx';
import { Reasons } from './reasons.tsx';
import { targetOn } from './targets.ts';
import { Trend } from './trend.tsx';
import { useDefinitions, useOee, usePlaces, useShiftNames } from './use-oee.ts';
import { Waterfall } from './waterfall.tsx';

export function maySeeOee(access: Access): boolean {
  return access.may('metrics.read');
}

export function OeePage() {
  const { words } = useSettings();
  const { plant } = usePlant('one');
  if (!plant) return <p className="notice">{words.noPlants}</p>;
  return <PlantOee key={plant.id} plant={plant} />;
}

function PlantOee({ plant }: { plant: AccessPlant }) {
  const words = useWords(oeeWords);
  const { words: common, format } = useSettings();
  const access = useAccess();
  const state = useOeeState(plant.id, plant.timeZone);
  const asked = useOee(state, plant.id);
  const stopsOf = (item: ParetoPage['items'][number]): string | null => {
    const machine = state.place.kind === 'machine' ? state.place.id : item.machine?.id;
    return machine !== undefined && maySeeMachines(access)
      ? stopsHref(item, machine, windowOfDays(state, plant.timeZone))
      : null;
  };
  useTitle(`${words.title} – ${plant.name}`);
  // Both or nothing: names that come after the figures would move them.
  const data = useDefinitions() && asked.data;
  const row = data?.total.items[0];
  return (
    <div className="page oee" aria-busy={!data || asked.isPlaceholderData}>
      <div className="toolbar">
        <h1>{words.title}</h1>
        <p className="unit">{words.plantDays(format.day(state.fromDay), format.day(state.toDay))}</p>
        {maySeeShiftReports(access) && (
          <Link href={`/shift-report?plant=${plant.id}&day=${state.toDay}`}>{words.shiftReports}</Link>
        )}
      </div>
      <DemoHistory />
      <Asked state={state} plantId={plant.id} />
      {asked.error && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {!data && !asked.error && <p className="oee-waiting">{common.loading} …</p>}
      {data &&
        row &&
        (row.time.calendarTime === 0 && row.pieces.produced === 0 ? (
          <Nothing plantId={plant.id} />
        ) : (
          <>
            <Figures answer={data} row={row} state={state} plantId={plant.id} />
            <div className="oee-halves">
              <Waterfall row={row} other={data.other && { days: data.other, row: data.other.total.items[0] ?? null }} />
              <Reasons
                page={data.losses}
                other={data.other}
                state={state}
                asked={state.place.kind === 'machine' ? null : queryOf(state, plant.id)}
                opens={
                  state.place.kind === 'machine' && maySeeMachines(access)
                    ? machineHref(state.place.id, windowOfDays(state, plant.timeZone))
                    : null
                }
                stopsOf={stopsOf}
              />
            </div>
            <Trend
              key={Object.values(data.asked).join()}
              page={data.trend}
              asked={data.asked}
              state={state}
              other={data.other}
              targetOn={(day) => (state.place.kind === 'machine' ? targetOn(data.targets, state.place.id, day) : null)}
            />
            <PlacesTable answer={data} state={state} plant={plant} />
            <FurtherFigures row={row} />
          </>
        ))}
    </div>
  );
}

/** What is asked for: period, place, profile, basis. */
function Asked({ state, plantId }: { state: OeeState; plantId: number }) {
  const words = useWords(oeeWords);
  const choosePeriod = (period: PeriodName): void =>
    state.change(
      period === 'own' ? { period, from: state.fromDay, to: state.toDay } : { period, from: null, to: null, by: null },
    );
  return (
    <search className="filters oee-asked">
      <Choice label={words.period} names={words.periods} chosen={state.period} choose={choosePeriod} />
      {state.period === 'own' && (
        <>
          <DayInput label={words.from} day={state.fromDay} choose={(from) => state.change({ from })} />
          <DayInput label={words.to} day={state.toDay} choose={(to) => state.change({ to })} />
        </>
      )}
      <PlaceChoice state={state} plantId={plantId} />
      <ShiftChoice state={state} plantId={plantId} />
      <CompareChoice state={state} />
      <Choice
        label={words.profile}
        names={words.profiles}
        chosen={state.profile}
        choose={(profile) => state.change({ profile: profile === 'tpm' ? profile : null })}
      />
      {state.place.kind !== 'machine' && (
        <Choice
          label={words.basis}
          names={words.bases}
          chosen={state.basis}
          choose={(basis) => state.change({ basis: basis === 'machine' ? basis : null })}
        />
      )}
    </search>
  );
}

/** With what the period is compared: a time as long as it is. */
function CompareChoice({ state }: { state: OeeState }) {
  const words = useWords(oeeWords);
  const { compared, other, fromDay } = state;
  const choose = (to: Compared): void =>
    state.change({ compare: to === 'nothing' ? null : to === 'own' ? (other?.fromDay ?? fromDay) : to });
  return (
    <>
      <label className="inline">
        {words.compare}
        <select value={compared} onChange={({ target }) => choose(target.value as Compared)}>
          {Object.entries(words.comparedWith).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {compared === 'own' && other && (
        <DayInput label={words.otherFrom} day={other.fromDay} choose={(compare) => state.change({ compare })} />
      )}
    </>
  );
}

function DayInput({ label, day, choose }: { label: string; day: string; choose: (day: string) => void }) {
  return (
    <label className="inline">
      {label}
      <input type="date" value={day} required onChange={({ target }) => target.value && choose(target.value)} />
    </label>
  );
}

function PlaceChoice({ state, plantId }: { state: OeeState; plantId: number }) {
  const words = useWords(oeeWords);
  const { lanes, machines } = usePlaces(plantId);
  const { kind, id } = state.place;
  const choose = (text: string): void => {
    const [chosen = 'plant', of = ''] = text.split(' ');
    state.change({ lane: null, machine: null, ...(chosen === 'plant' ? {} : { [chosen]: of }) });
  };
  return (
    <label className="inline">
      {words.place}
      <select value={kind === 'plant' ? 'plant' : `${kind} ${id}`} onChange={({ target }) => choose(target.value)}>
        <option value="plant">{words.wholePlant}</option>
        <optgroup label={words.lanes}>
          {lanes.map((lane) => (
            <option key={lane.id} value={`lane ${lane.id}`}>
              {lane.name}
            </option>
          ))}
        </optgroup>
        <optgroup label={words.machines}>
          {machines.map((machine) => (
            <option key={machine.id} value={`machine ${machine.id}`}>
              {machine.name}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

/** Shifts of one name alone; there is no choice where nothing has one. */
function ShiftChoice({ state, plantId }: { state: OeeState; plantId: number }) {
  const words = useWords(oeeWords);
  const names = useShiftNames(state, plantId);
  return (
    <label className="inline">
      {words.shift}
      <select
        value={state.shift ?? ''}
        onChange={({ target }) => state.change({ shift: target.value === '' ? null : target.value })}
      >
        <option value="">{words.allShifts}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Nothing({ plantId }: { plantId: number }) {
  const words = useWords(oeeWords);
  const access = useAccess();
  return (
    <div className="oee-nothing">
      <h2>{words.emptyTitle}</h2>
      <p>{words.empty}</p>
      {access.may('machines.read') && (
        <p>
          <Link href={`/plant-setup/machine-checklists?plant=${plantId}`}>{words.toCheckLists}</Link>
        </p>
      )}
    </div>
  );
}
