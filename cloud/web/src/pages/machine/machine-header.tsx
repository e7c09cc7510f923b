// What a machine does now: state, since when, what it makes, good against target. By the live stream; greyed
// with its age when nobody tells.

import { useQuery } from '@tanstack/react-query';
import type { MachineFigures } from '../../../../domains/now-figures/index.ts';
import type { Now, NowMachine } from '../../../../domains/telemetry/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { lookGlyphs, type MachineView, machineView, type Situation, situationOf } from '../../now/situation.ts';
import { Banner } from '../../now/strip.tsx';
import { useLiveStore } from '../../now/use-live-store.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { age, duration } from '../../shell/format.ts';
import { Glyph } from '../../shell/glyphs.tsx';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { useReasonName } from './reading-line.tsx';

const REFETCH_MS = 10_000;

/** A plant as it is now; undefined until it is known, or where one may not see it. */
export function useSituation(plantId: number): Situation | undefined {
  const session = useSession();
  const may = useAccess().may('telemetry.read');
  const asked = useQuery({
    queryKey: ['now', plantId],
    queryFn: ({ signal }) => session.get<Now>(`/now?plant=${plantId}`, signal),
    refetchInterval: REFETCH_MS,
    enabled: may,
  });
  const store = useLiveStore({ session, plantId, now: asked.data });
  return asked.data && situationOf(asked.data, store);
}

/** Draws itself again each second; nothing else of the page does. */
export function MachineHeader({
  machineId,
  plantId,
  figures,
}: {
  machineId: number;
  plantId: number;
  figures: MachineFigures | undefined;
}) {
  const situation = useSituation(plantId);
  const machine = situation?.now.lanes.flatMap((lane) => lane.machines).find(({ id }) => id === machineId);
  return (
    <div className="machine-now" aria-busy={!situation}>
      {situation && machine && <State situation={situation} machine={machine} figures={figures} />}
      <Output figures={figures} situation={situation} />
      {situation && <Banner situation={situation} />}
    </div>
  );
}

function State({
  situation,
  machine,
  figures,
}: {
  situation: Situation;
  machine: NowMachine;
  figures: MachineFigures | undefined;
}) {
  const { words, format } = useSettings();
  const nameOf = useReasonName();
  const view = machineView(situation, machine);
  const { nowMs, now } = situation;
  const stop = figures?.stop;
  const reason = view.look === 'stopped' && stop?.reason ? nameOf(stop.reason) : null;
  return (
    <div
      className={`machine-state look-${view.look}${situation.cutOffSince === null ? '' : ' stale'}`}
      data-look={view.look}
    >
      <p className="state">
        <StateWord view={view} />{' '}
        <span className="lasts" role="timer" aria-live="off">
          {view.since !== null && view.look !== 'no_data' && duration(nowMs - view.since)}
        </span>
      </p>
      <p className="unit">
        {view.since !== null && (
          <>
            {words.since} {format.instant(view.since, { timeZone: now.plant.timeZone, nowMs })}
            {view.look === 'no_data' && ` (${age(nowMs - view.since)} ${words.old})`}
          </>
        )}
        {reason !== null && `, ${reason}`}
      </p>
    </div>
  );
}

export function StateWord({ view: { look } }: { view: MachineView }) {
  const { words } = useSettings();
  const glyph = lookGlyphs[look];
  const word = look === 'no_data' ? words.noData : look === 'no_signal' ? words.noStateSignal : words.states[look];
  return (
    <span className="word">
      {glyph && <Glyph name={glyph} />} {word}
    </span>
  );
}

function Output({ figures, situation }: { figures: MachineFigures | undefined; situation: Situation | undefined }) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  if (!figures) return null;
  const { output, upTo } = figures;
  const nowMs = situation?.nowMs;
  const at =
    upTo === null || nowMs === undefined
      ? null
      : format.instant(upTo, { timeZone: situation?.now.plant.timeZone ?? 'UTC', nowMs });
  return (
    <dl className="machine-output">
      <div>
        <dt>{words.order}</dt>
        <dd>
          <strong>{output?.order ?? words.orderLess}</strong>
          <span className="unit">{output?.material?.name}</span>
        </dd>
      </div>
      {output && (
        <div>
          <dt>
            {words.goodNow} <span className="unit">{words.of[output.of]}</span>
          </dt>
          <dd>
            <strong>{format.number(output.good)}</strong>
            <span className="unit">{at !== null && words.upTo(at)}</span>
          </dd>
        </div>
      )}
      {output && (
        <div>
          <dt>{words.target}</dt>
          <dd>
            <strong>{output.target === null ? words.noTarget : format.number(Math.round(output.target))}</strong>
          </dd>
        </div>
      )}
    </dl>
  );
}
