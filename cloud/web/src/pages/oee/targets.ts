// What OEE machines are asked to reach: the ticks on the bars. A target holds from its day on until the next
// of its machine; a lane and a plant have none.

import type { Session } from '../../shell/session.ts';
import type { OeeState } from './oee-state.ts';

/** The most that a list of the API gives at once: of a plant with more, the latest. */
const MOST = 500;

export interface Target {
  readonly machineId: number;
  readonly validFrom: string;
  readonly targetPercent: number;
}

export async function readTargets(
  session: Session,
  { plantId, place }: { plantId: number; place: OeeState['place'] },
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const of = place.kind === 'machine' ? `machineId=${place.id}` : `plantId=${plantId}`;
  const path = `/machine-targets?${of}&sort=-validFrom&limit=${MOST}`;
  return (await session.get<{ items: Target[] }>(path, signal)).items;
}

/** In [0, 1], what holds on this plant day; null where nobody has said. `targets`: the latest first. */
export function targetOn(targets: readonly Target[], machineId: number | undefined, day: string): number | null {
  const held = targets.find((target) => target.machineId === machineId && target.validFrom <= day);
  return held ? held.targetPercent / 100 : null;
}
