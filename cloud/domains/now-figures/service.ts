// Figures of a plant now, put together from what the domain metrics says of this shift and of what is made.

import type { Context } from '../../platform/http/context.ts';
import { type MetricsPage, readMetrics, readTargetNow, type TargetNowPage } from '../metrics/index.ts';
import { listLaneMeasures, listMachinesNow, type MachineNow, plantHour } from './queries.ts';
import type { MachineFigures, NowFigures, Output, ShiftFigures } from './schema.ts';

type Row = MetricsPage['items'][number];
type Made = TargetNowPage['items'][number];

const HOUR_MS = 3_600_000;

export async function readNowFigures(ctx: Context, plantId: number): Promise<NowFigures> {
  const now = ctx.now.getTime();
  const machines = await listMachinesNow(ctx, plantId);
  const lanes = await listLaneMeasures(ctx, plantId);
  const begun = Math.min(now, ...machines.flatMap(({ shift_from }) => shift_from?.getTime() ?? []));
  const period = {
    from: (await plantHour(ctx, plantId, new Date(begun))).toISOString(),
    to: new Date(now + HOUR_MS).toISOString(),
  };
  const asked = { ...period, plant: plantId, profile: 'iso22400' } as const;
  const shifts = await readMetrics(ctx, { ...asked, group: 'machine,shift', basis: 'machine' });
  const lines = await readMetrics(ctx, { ...asked, group: 'lane,shift', basis: 'line' });
  const made = new Map((await readTargetNow(ctx, { plant: plantId })).items.map((one) => [one.machine.id, one]));
  return {
    at: now,
    machines: machines.map((machine) => {
      const row = shifts.items.find(({ key }) => key.machine?.id === machine.id && isNow(key, now));
      return describe(machine, { row, made: made.get(machine.id) });
    }),
    lanes: lanes.map((lane) => {
      const row = lines.items.find(({ key }) => key.lane?.id === lane.id && isNow(key, now));
      return { ...lane, figures: row ? shiftFigures(row) : null };
    }),
  };
}

const isNow = ({ shift }: Row['key'], now: number): boolean =>
  shift !== null && shift !== undefined && Date.parse(shift.from) <= now && Date.parse(shift.to) > now;

function describe(
  machine: MachineNow,
  { row, made }: { row: Row | undefined; made: Made | undefined },
): MachineFigures {
  const { shift_name: name, shift_day: day, shift_from: from, shift_to: to } = machine;
  return {
    id: machine.id,
    upTo: machine.up_to?.getTime() ?? null,
    shift: from && to ? { name: name ?? '', day: day ?? '', from: from.getTime(), to: to.getTime() } : null,
    figures: row ? shiftFigures(row) : null,
    output: made?.since ? outputOf(made, { since: made.since, plcOrder: machine.plc_order }) : null,
    stop: stopOf(machine),
  };
}

function outputOf(made: Made, { since, plcOrder }: { since: string; plcOrder: string | null }): Output {
  const { run, material, pbt, idealCycle, targetOee, target, pieces, missing } = made;
  return {
    of: run ? 'run' : 'shift',
    from: Date.parse(since),
    order: run?.order?.number ?? plcOrder,
    material: material && { code: material.code, name: material.name },
    good: pieces.good,
    rejects: rejectsOf(pieces),
    pbt,
    idealCycle,
    targetOee,
    target,
    missing,
  };
}

function stopOf(machine: MachineNow): MachineFigures['stop'] {
  const { state, category, stretch_from: from, up_to: to, reason, machine_reason: machineReason } = machine;
  if (!category || !from || !to || state === 'running' || state === 'unknown') return null;
  return { from: from.getTime(), to: to.getTime(), category, reason, machineReason };
}

function shiftFigures({ ratios, flags, time, pieces }: Row): ShiftFigures {
  const none = { value: null, numerator: 0, denominator: 0 };
  const { availability = none, performance = none, quality = none, oee = none, coverage = none } = ratios;
  return {
    availability,
    performance,
    quality,
    oee,
    coverage,
    flags,
    pbt: time.pbt,
    good: pieces.good,
    rejects: rejectsOf(pieces),
  };
}

const rejectsOf = ({ scrap, rework, startup }: Pick<Row['pieces'], 'scrap' | 'rework' | 'startup'>): number =>
  scrap + rework + startup;
