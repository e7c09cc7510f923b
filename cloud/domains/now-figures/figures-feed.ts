// The figures of the plants that somebody looks at, each made once for all browsers of this process.
//
//   idle ──somebody follows or asks──▶ reading ──▶ waiting ──interval over, still followed──▶ reading
//     ▲                                              │
//     └──────────────── nobody follows ──────────────┘
//
// A plant is read every two seconds, or less often where that takes long: reading takes a tenth of the time
// at most. Of all plants at most two are read at once, so that figures never take the API's connections.

import type { FastifyBaseLogger } from 'fastify';
import { type Database, inTenant } from '../../platform/database.ts';
import type { Actor } from '../../platform/http/context.ts';
import type { NowFigures } from './schema.ts';
import { readNowFigures } from './service.ts';

const INTERVAL_MS = 2_000;
/** One part reading, nine parts not. */
const REST = 9;
const MOST_READING = 2;
/** What nobody follows is kept for whoever asks next. */
const MOST_IDLE = 100;

export interface PlantKey {
  readonly organizationId: number;
  readonly plantId: number;
}

export interface FiguresFeed {
  /** Tells of a plant's figures, beginning with the newest there are, until the returned function is called. */
  follow(plant: PlantKey, listener: (figures: NowFigures) => void): () => void;
  /** The newest figures: those that others are shown, or else made now. Rejects where they cannot be made. */
  read(plant: PlantKey): Promise<NowFigures>;
  /** Safe twice. Waits for what is being read. */
  stop(): Promise<void>;
}

interface Watched {
  readonly key: PlantKey;
  readonly listeners: Set<(figures: NowFigures) => void>;
  latest: NowFigures | null;
  tookMs: number;
  reading: Promise<NowFigures> | null;
  timer: NodeJS.Timeout | null;
}

export function createFiguresFeed({ db, log }: { db: Database; log: FastifyBaseLogger }): FiguresFeed {
  const plants = new Map<string, Watched>();
  const slots = createSlots(MOST_READING);
  let stopped = false;

  const plantOf = (key: PlantKey): Watched => {
    const name = `${key.organizationId} ${key.plantId}`;
    const known = plants.get(name);
    if (known) return known;
    if (plants.size >= MOST_IDLE)
      for (const [other, { listeners, reading }] of plants) if (listeners.size === 0 && !reading) plants.delete(other);
    const fresh = {
      key,
      listeners: new Set<never>(),
      latest: null,
      tookMs: 0,
      reading: null,
      timer: null,
    };
    plants.set(name, fresh);
    return fresh;
  };

  const readNow = async (plant: Watched): Promise<NowFigures> => {
    const release = await slots.take();
    const begun = performance.now();
    try {
      const { organizationId, plantId } = plant.key;
      const actor: Actor = {
        kind: 'system',
        organizationId,
        plantIds: [plantId],
        userId: null,
        sessionId: null,
        name: 'figures',
      };
      const figures = await inTenant(db, { ...actor, readOnly: true }, (trx) => {
        const ctx = { db: trx, actor, log, now: new Date(), requestId: 'figures' };
        return readNowFigures(ctx, plantId);
      });
      plant.latest = figures;
      for (const listener of plant.listeners) listener(figures);
      return figures;
    } finally {
      plant.tookMs = performance.now() - begun;
      release();
    }
  };

  const read = (plant: Watched): Promise<NowFigures> => {
    plant.reading ??= readNow(plant).finally(() => {
      plant.reading = null;
      readAgain(plant);
    });
    return plant.reading;
  };

  const readAgain = (plant: Watched): void => {
    if (stopped || plant.timer || plant.listeners.size === 0) return;
    plant.timer = setTimeout(
      () => {
        plant.timer = null;
        if (plant.listeners.size > 0) readAndTell(plant);
      },
      Math.max(INTERVAL_MS, plant.tookMs * REST),
    );
  };

  /** Whoever follows sees the age of what he has; the next reading may succeed. */
  const readAndTell = (plant: Watched): void => {
    read(plant).catch((error: unknown) =>
      log.warn({ err: error, ...plant.key }, 'figures of a plant could not be read'),
    );
  };

  const isFresh = ({ latest, tookMs }: Watched): boolean =>
    latest !== null && Date.now() - latest.at < Math.max(INTERVAL_MS, tookMs * REST);

  return {
    follow(key, listener) {
      const plant = plantOf(key);
      plant.listeners.add(listener);
      if (plant.latest && isFresh(plant)) {
        listener(plant.latest);
        readAgain(plant);
      } else if (!stopped) readAndTell(plant);
      return () => {
        plant.listeners.delete(listener);
        if (plant.listeners.size > 0 || !plant.timer) return;
        clearTimeout(plant.timer);
        plant.timer = null;
      };
    },

    async read(key) {
      const plant = plantOf(key);
      return plant.latest && plant.listeners.size > 0 && isFresh(plant) ? plant.latest : read(plant);
    },

    async stop() {
      stopped = true;
      for (const { timer } of plants.values()) if (timer) clearTimeout(timer);
      await Promise.allSettled([...plants.values()].flatMap(({ reading }) => reading ?? []));
    },
  };
}

/** Lets `most` go on at a time; the others wait for their turn. */
function createSlots(most: number): { take(): Promise<() => void> } {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else taken -= 1;
  };
  return {
    async take() {
      if (taken < most) taken += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return release;
    },
  };
}
