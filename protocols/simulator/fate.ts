// What befalls a machine: the measurement of each piece and its drifts, rejects by chance, stops by chance
// and by rolls that run out, and the alarms that tell of them.

import type { Value } from '../driver.ts';
import { type Inspection, idealCycleMs, type MachineSpec, type Material, type Stop } from './bottling.ts';
import type { Random } from './random.ts';

export interface Fate {
  /** Measures a piece and shows the value; the reason to reject it, or null. */
  measure(material: Material): string | null;
  /** A reject by chance, likelier while the machine starts up; its reason, or null. */
  reject(startingUp: boolean): string | null;
  /** The stop that follows this piece, or null. */
  stop(material: Material): Stop | null;
  showAlarms(): void;
  raise(stop: Stop): void;
  /** Clears the alarm; a roll or bin is full again. */
  clear(stop: Stop): void;
}

interface FateOptions {
  readonly random: Random;
  set(name: string, value: Value): void;
}

const startupFactor = 15;

export function createFate(spec: MachineSpec, { random, set }: FateOptions): Fate {
  const inspect = spec.inspection === null ? null : createInspection(spec.inspection, random);
  const used = new Map<string, number>();

  /** Draws even where it is not wanted: the next draw must not depend on what came of this one. */
  function reject(startingUp: boolean): string | null {
    let drawn: string | null = null;
    for (const { reason, share } of spec.rejects) {
      if (random.chance(share * (startingUp ? startupFactor : 1))) drawn ??= reason;
    }
    return drawn;
  }

  function stop(material: Material): Stop | null {
    const cycle = idealCycleMs(spec, material);
    let drawn: Stop | null = null;
    for (const one of spec.stops) {
      if (one.consumable !== null) {
        const now = (used.get(one.cause) ?? 0) + 1;
        used.set(one.cause, now);
        set(`${one.cause}_soon`, now >= one.consumable.counts - one.consumable.warnAt);
        if (now >= one.consumable.counts) drawn ??= one;
      } else if (one.everyMs !== null && random.chance(cycle / one.everyMs)) {
        drawn ??= one;
      }
    }
    return drawn;
  }

  function clear(one: Stop): void {
    set(one.cause, false);
    if (one.consumable === null) return;
    used.set(one.cause, 0);
    set(`${one.cause}_soon`, false);
  }

  return {
    measure(material) {
      if (spec.inspection === null || inspect === null) return null;
      const { value, reason } = inspect(material);
      set(spec.inspection.name, value);
      return reason;
    },
    reject,
    stop,
    showAlarms() {
      for (const one of spec.stops) clear(one);
    },
    raise: (one) => set(one.cause, true),
    clear,
  };
}

/** A measurement around its target that now and then drifts away and is set right again. */
function createInspection(inspection: Inspection, random: Random) {
  const scale = 10 ** inspection.decimals;
  const drift = { left: 0, perPiece: 0, offset: 0 };
  return (material: Material): { value: number; reason: string | null } => {
    if (drift.left > 0) {
      drift.left--;
      drift.offset = drift.left === 0 ? 0 : drift.offset + drift.perPiece;
    } else if (random.chance(1 / 1_200)) {
      drift.left = random.whole(150, 300);
      drift.perPiece = (inspection.sigma / 80) * (random.chance(0.5) ? 1 : -1);
    }
    const target = inspection.target(material);
    const exact = target + drift.offset + inspection.sigma * random.normal();
    const rounded = Math.round(exact * scale) / scale;
    const value = inspection.float ? Math.fround(rounded) : rounded;
    if (value < target - inspection.tolerance) return { value, reason: inspection.lowReason };
    if (value > target + inspection.tolerance) return { value, reason: inspection.highReason };
    return { value, reason: null };
  };
}
