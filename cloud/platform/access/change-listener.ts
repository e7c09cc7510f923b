// Hears from the database, at commit, that somebody's access may have changed: one connection per API
// process that LISTENs and does nothing else.
//
//   stopped ──start──▶ connecting ──LISTEN stands──▶ hearing
//                          ▲                            │ lost, silent, or not listening any more
//                          └────── backoff, jitter ◀────┘
//   stop() leads to stopped from everywhere.
//
// Only while it hears may anything be taken from a cache. What was said while it did not hear is lost, so
// each beginning of hearing counts as a change of everything.

import { Socket } from 'node:net';
import pg from 'pg';

export interface ChangeListenerOptions {
  /** URL of mes_api. Not through a pooler that shares connections between transactions: they do not LISTEN. */
  readonly url: string;
  readonly log: { info(data: object, message: string): void; warn(data: object, message: string): void };
  /** Null: it may have been anything. */
  onChange(organizationId: number | null): void;
}

export interface ChangeListener {
  start(): void;
  /** Safe twice and before `start`. */
  stop(): Promise<void>;
  hearing(): boolean;
  /** When it resolves, every change that was committed before has been told, or nothing is heard. */
  settle(): Promise<void>;
}

const CHANNEL = 'mes_access';
const CONNECT_TIMEOUT_MS = 5_000;
/** A connection that says nothing for so long is given up. */
const ANSWER_TIMEOUT_MS = 2_000;
const CHECK_INTERVAL_MS = 2_000;
/** A server that does not answer a farewell is left without one. */
const FAREWELL_MS = 1_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;

export function createChangeListener({ url, log, onChange }: ChangeListenerOptions): ChangeListener {
  let running = false;
  let client: pg.Client | null = null;
  let socket: Socket | null = null;
  let hears = false;
  let failures = 0;
  let retry: NodeJS.Timeout | null = null;
  let check: NodeJS.Timeout | null = null;
  let asking: Promise<void> | null = null;
  let asked: Promise<void> | null = null;

  const open = async (): Promise<void> => {
    const stream = new Socket();
    socket = stream;
    const connection = new pg.Client({
      connectionString: url,
      stream: () => stream,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'unison-access',
    });
    client = connection;
    connection.on('error', (error) => lose(connection, error));
    connection.on('end', () => lose(connection, null));
    connection.on('notification', ({ payload }) =>
      onChange(/^[1-9][0-9]*$/.test(payload ?? '') ? Number(payload) : null),
    );
    try {
      await connection.connect();
      await connection.query(`LISTEN ${CHANNEL}`);
      await ask(connection);
    } catch (error) {
      lose(connection, error);
      return;
    }
    if (client !== connection) return;
    onChange(null);
    hears = true;
    failures = 0;
    check = setInterval(() => void settle(), CHECK_INTERVAL_MS);
  };

  /** The server delivers what it has for a listener before it answers its next question. */
  const ask = async (connection: pg.Client): Promise<void> => {
    const { rows } = await connection.query<{ channel: string }>('SELECT pg_listening_channels() AS channel');
    if (!rows.some(({ channel }) => channel === CHANNEL))
      throw new Error(`the connection does not listen to ${CHANNEL}`);
  };

  const lose = (connection: pg.Client, error: unknown): void => {
    if (client !== connection) return;
    client = null;
    const heard = hears;
    hears = false;
    if (heard) onChange(null);
    if (check) clearInterval(check);
    void leave(connection, socket);
    if (!running) return;
    failures += 1;
    const most = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
    const delayMs = most * (0.5 + Math.random() / 2);
    log.warn(
      { err: error, delayMs },
      'changes of access are not heard: asking the database each time, and trying again',
    );
    retry = setTimeout(() => void open(), delayMs);
  };

  const settleNow = async (): Promise<void> => {
    const connection = client;
    if (!connection || !hears) return;
    await ask(connection).catch((error: unknown) => lose(connection, error));
  };

  /** Who comes while a question is on its way needs the next one: his change may be younger. It serves all who wait. */
  const settle = (): Promise<void> => {
    if (!asking) {
      asking = settleNow().finally(() => {
        asking = null;
      });
      return asking;
    }
    asked ??= asking.then(() => {
      asked = null;
      return settle();
    });
    return asked;
  };

  return {
    start() {
      if (running) return;
      running = true;
      void open();
    },

    async stop() {
      running = false;
      if (retry) clearTimeout(retry);
      if (check) clearInterval(check);
      const connection = client;
      client = null;
      hears = false;
      // pg forgets who waits for a connection that is ended while it opens: open() is left behind then.
      if (connection) await leave(connection, socket);
    },

    hearing: () => hears,

    settle,
  };
}

async function leave(connection: pg.Client, socket: Socket | null): Promise<void> {
  const timer = setTimeout(() => socket?.destroy(), FAREWELL_MS);
  await connection.end().catch(() => {});
  clearTimeout(timer);
}
