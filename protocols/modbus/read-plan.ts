// From tags to requests: groups tags by unit and table, plans each group, and remembers what devices
// refused, so that one wrong address costs its neighbours a few requests once and then nothing.
import { type DriverTag, status } from '../driver.ts';
import { type ModbusAddress, parseAddress, type Table } from './address.ts';
import { type Item, planRequests, type Request } from './planner.ts';
import { type ModbusSettings, type UnitSettings, unitSettings } from './settings.ts';

export interface PlannedTag extends Item {
  /** Index into the tags given. */
  readonly tag: number;
  readonly address: ModbusAddress;
}

export interface TableRequest extends Request<PlannedTag> {
  readonly unit: number;
  readonly table: Table;
}

export interface UnitPlan {
  readonly unit: number;
  readonly requests: readonly TableRequest[];
  /** Tags the device has refused; each is tried alone now and then. */
  readonly refused: readonly PlannedTag[];
}

export interface TagPlan {
  readonly units: readonly UnitPlan[];
  /** Tags that can never be read as configured. */
  readonly impossible: readonly { readonly tag: number; readonly status: number; readonly reason: string }[];
}

/** What was learned about the devices on one connection. */
export interface Experience {
  /** Grows whenever a plan made before is no longer right. */
  readonly version: number;
  /** The device refused exactly this tag (`status` says how); it is left out until `mayRetry`. */
  refuse(tag: PlannedTag, status: number, now: number): void;
  /** The device reads this tag again. */
  accept(tag: PlannedTag): void;
  /** Null when the tag may be tried, else the status it gets meanwhile. */
  refusedStatus(tag: PlannedTag, now: number): number | null;
  isRefused(tag: PlannedTag): boolean;
  /** Both parts can be read, but not in one request. */
  separate(left: Omit<TableRequest, 'items'>, right: Omit<TableRequest, 'items'>): void;
  /** Ranges never to be read as a gap, and the longest request, as learned for one table. */
  limits(unit: number, table: Table): { gaps: readonly Item[]; maxLength: number };
}

const maxRemembered = 1_000;
const firstRetryMs = 60_000;
const longestRetryMs = 3_600_000;

export function createExperience(): Experience {
  let version = 0;
  const refused = new Map<string, { item: PlannedTag; status: number; retryAt: number; intervalMs: number }>();
  const gaps: { unit: number; table: Table; range: Item }[] = [];
  const lengths = new Map<string, number>();
  const keyOf = ({ address }: PlannedTag) => `${address.unit} ${address.table} ${address.start} ${address.length}`;
  return {
    get version() {
      return version;
    },
    refuse(item, code, now) {
      const key = keyOf(item);
      const known = refused.get(key);
      const intervalMs = known === undefined ? firstRetryMs : Math.min(known.intervalMs * 2, longestRetryMs);
      const oldest = refused.keys().next().value;
      if (known === undefined && refused.size >= maxRemembered && oldest !== undefined) refused.delete(oldest);
      refused.set(key, { item, status: code, retryAt: now + intervalMs, intervalMs });
      if (known === undefined) version += 1;
    },
    accept(item) {
      if (refused.delete(keyOf(item))) version += 1;
    },
    refusedStatus(item, now) {
      const known = refused.get(keyOf(item));
      return known === undefined || now >= known.retryAt ? null : known.status;
    },
    isRefused: (item) => refused.has(keyOf(item)),
    separate(left, right) {
      const start = left.start + left.length;
      const { unit, table } = left;
      if (start < right.start) {
        if (gaps.length >= maxRemembered) gaps.shift();
        gaps.push({ unit, table, range: { start, length: right.start - start } });
      } else lengths.set(`${unit} ${table}`, Math.max(left.length, right.length));
      version += 1;
    },
    limits(unit, table) {
      const here = gaps.filter((gap) => gap.unit === unit && gap.table === table).map(({ range }) => range);
      const holes = [...refused.values()].filter(
        ({ item: { address } }) => address.unit === unit && address.table === table,
      );
      return {
        gaps: [...here, ...holes.map(({ item: { start, length } }) => ({ start, length }))],
        maxLength: lengths.get(`${unit} ${table}`) ?? Number.POSITIVE_INFINITY,
      };
    },
  };
}

/** Plan the reading of these tags. */
export function planTags(tags: readonly DriverTag[], settings: ModbusSettings, experience: Experience): TagPlan {
  const impossible: { tag: number; status: number; reason: string }[] = [];
  const units = new Map<number, Map<Table, PlannedTag[]>>();
  for (const [tag, { address: text }] of tags.entries()) {
    try {
      const address = parseAddress(text);
      const tables = units.get(address.unit) ?? new Map<Table, PlannedTag[]>();
      units.set(address.unit, tables);
      const items = tables.get(address.table) ?? [];
      tables.set(address.table, items);
      items.push({ tag, address, start: address.start, length: address.length });
    } catch (error) {
      impossible.push({ tag, status: status.badNodeIdUnknown, reason: (error as Error).message });
    }
  }
  const plans: UnitPlan[] = [];
  for (const [unit, tables] of units) {
    const requests: TableRequest[] = [];
    const refused: PlannedTag[] = [];
    for (const [table, items] of tables) {
      const rest = items.filter((item) => !experience.isRefused(item));
      refused.push(...items.filter((item) => experience.isRefused(item)));
      const learned = experience.limits(unit, table);
      const plan = planRequests(rest, tableLimits(unitSettings(settings, unit), table, rest, learned));
      requests.push(...plan.requests.map((request) => ({ ...request, unit, table })));
      impossible.push(
        ...plan.impossible.map(({ item: { tag }, reason }) => ({ tag, status: status.badOutOfRange, reason })),
      );
    }
    plans.push({ unit, requests, refused });
  }
  return { units: plans, impossible };
}

function tableLimits(
  settings: UnitSettings,
  table: Table,
  items: readonly Item[],
  learned: { gaps: readonly Item[]; maxLength: number },
) {
  const configured = table === 'coil' || table === 'discrete' ? settings.maxBits : settings.maxRegisters;
  // A learned limit may spread requests; only the configured one may call an item impossible.
  const longest = items.reduce((most, { length }) => Math.max(most, length), 1);
  const forbidden = settings.forbidden
    .filter((range) => range.table === table)
    .map(({ from, to }) => ({ start: from, length: to - from + 1 }));
  return {
    maxLength: Math.min(configured, Math.max(learned.maxLength, longest)),
    maxGap: settings.maxGap,
    forbidden: [...forbidden, ...withoutItems(learned.gaps, items)],
  };
}

/** The parts of `ranges` that belong to none of `items`. */
function withoutItems(ranges: readonly Item[], items: readonly Item[]): Item[] {
  let parts = [...ranges];
  for (const { start, length } of items) {
    const end = start + length;
    parts = parts.flatMap((part) => {
      const partEnd = part.start + part.length;
      if (partEnd <= start || end <= part.start) return [part];
      return [
        { start: part.start, length: start - part.start },
        { start: end, length: partEnd - end },
      ].filter((rest) => rest.length > 0);
    });
  }
  return parts;
}
