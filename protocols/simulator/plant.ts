// The simulated bottling plant as a whole: model, clock, ledgers and the two protocol faces, with the
// faults a test wants to cause.
//
// What is where: bottling.ts the plant in figures · machine.ts, fate.ts, conveyor.ts, line.ts how it
// behaves · agenda.ts, random.ts, model.ts the discrete simulation, pure · tags.ts, modbus-tags.ts,
// plant-tag.ts, modbus-place.ts the tag map · registers.ts, modbus-face.ts Modbus TCP and RTU over TCP ·
// opcua-face.ts OPC UA · clock.ts simulated time · records.ts, ledger.ts what really happened · main.ts,
// control.ts the command line.
//
//   created ─start()─▶ running ⇄ paused ─stop(), or the duration is over─▶ stopped
//
// The model is advanced in slices, so that the event loop stays free however fast the clock runs: where
// it cannot keep up, the plant lags behind its clock (`lagMs`) and nothing is skipped.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSeed } from './bottling.ts';
import { type Clock, createClock } from './clock.ts';
import { noLedger, openLedger } from './ledger.ts';
import { createModbusFace } from './modbus-face.ts';
import { createModel, type Model } from './model.ts';
import { createOpcuaFace, type OpcuaUser, reachableHost } from './opcua-face.ts';

export interface PlantOptions {
  /** Equal seeds make equal plants. Default 8. */
  readonly seed?: number;
  /** Simulated milliseconds per real millisecond. Default 1. */
  readonly factor?: number;
  /** Simulated time at the start, in ms since 1970. Default: now, so that at factor 1 both clocks agree. */
  readonly start?: number;
  /** Simulated milliseconds after which the plant stops by itself. Default: never. */
  readonly duration?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, lets the operating system choose. */
  readonly opcuaPort?: number;
  readonly modbusPort?: number;
  readonly rtuPort?: number;
  /** Where changes.jsonl, pieces.jsonl and time.jsonl are written. Default: no ledgers. */
  readonly ledgers?: string;
  /** Where the OPC UA server keeps its certificate. Default: a directory of its own, removed at the end. */
  readonly certificates?: string;
  /** Trust the certificate of any OPC UA client. Default true. */
  readonly acceptClients?: boolean;
  /** A user of the OPC UA server, beside anonymous. */
  readonly user?: OpcuaUser;
  /** Sessions the OPC UA server allows. Default 20. */
  readonly maxSessions?: number;
}

export interface PlantPorts {
  readonly opcuaPort: number;
  readonly modbusPort: number;
  readonly rtuPort: number;
  readonly opcuaUrl: string;
  /** Simulated time at the start. */
  readonly start: number;
}

export interface Plant {
  start(): Promise<PlantPorts>;
  /** Ends everything and closes the ledgers; safe twice, and while the plant starts. */
  stop(): Promise<void>;
  /** Resolves when the duration is over or `stop` was called and all is closed; rejects when closing failed. */
  readonly finished: Promise<void>;
  /** Simulated time the plant has come to, and by how much it lags behind its clock. */
  now(): number;
  lagMs(): number;
  /** Stops simulated time: machines stand, connections live. */
  pause(): void;
  resume(): void;
  flushLedgers(): void;
  /** A Modbus unit that takes requests and never answers. */
  silenceUnit(unit: number, silent?: boolean): void;
  stopOpcua(): Promise<void>;
  startOpcua(): Promise<void>;
  /** The OPC UA server's clock is wrong by so many ms from now on. */
  clockError(ms: number): void;
  /** The OPC UA server's clock stands still, though the plant runs on. */
  freezeClock(frozen?: boolean): void;
}

/** A slice of simulation takes about this long before sockets get their turn. */
const sliceMs = 5;
const millisecondsPerCheck = 50;
/** Looks at the clock at least so often, and at most each millisecond. */
const longestSleepMs = 50;

export function createPlant(options: PlantOptions = {}): Plant {
  const { seed = defaultSeed, factor = 1, host = '127.0.0.1', duration = Number.POSITIVE_INFINITY } = options;
  const ending = Promise.withResolvers<void>();
  // Nobody has to wait for the end; who does still sees the error.
  ending.promise.catch(() => {});
  let running: Running | null = null;
  let starting: Promise<Running> | null = null;
  let stopped: Promise<void> | null = null;

  function here(): Running {
    if (running === null) throw new Error('the plant is not running: call start() first');
    return running;
  }

  async function stop(): Promise<void> {
    // What a failed start left open it has closed itself, and told whoever started it.
    const opened = await starting?.catch(() => null);
    await opened?.close();
  }

  return {
    async start() {
      if (starting !== null || stopped !== null) throw new Error('a plant starts once; create another');
      starting = open({ ...options, seed, factor, host });
      running = await starting;
      if (stopped === null) running.run(duration, ending);
      return running.ports;
    },
    stop() {
      stopped ??= stop();
      stopped.then(ending.resolve, ending.reject);
      return stopped;
    },
    finished: ending.promise,
    now: () => here().model.now(),
    lagMs: () => Math.max(0, here().clock.now() - here().model.now()),
    pause: () => here().clock.pause(),
    resume: () => here().clock.resume(),
    flushLedgers: () => here().flush(),
    silenceUnit: (unit, silent = true) => here().silence(unit, silent),
    stopOpcua: () => here().stopOpcua(),
    startOpcua: () => here().startOpcua(),
    clockError: (ms) => here().clock.setError(ms),
    freezeClock(frozen = true) {
      if (frozen) here().clock.freeze();
      else here().clock.thaw();
    },
  };
}

interface Running {
  readonly ports: PlantPorts;
  readonly model: Model;
  readonly clock: Clock;
  run(duration: number, ending: PromiseWithResolvers<void>): void;
  close(): Promise<void>;
  flush(): void;
  silence(unit: number, silent: boolean): void;
  stopOpcua(): Promise<void>;
  startOpcua(): Promise<void>;
}

type OpenOptions = PlantOptions & { readonly seed: number; readonly factor: number; readonly host: string };

async function open(options: OpenOptions): Promise<Running> {
  const { seed, factor, host } = options;
  const ownCertificates = options.certificates === undefined ? await mkdtemp(join(tmpdir(), 'unison-sim-')) : null;
  const ledger = options.ledgers === undefined ? noLedger : openLedger(options.ledgers);
  // The model begins when the servers are built, so that nothing has to be caught up.
  let begun: { model: Model; clock: Clock } | null = null;
  const values = () => begun?.model.values() ?? [];
  const opcua = createOpcuaFace({
    host,
    port: options.opcuaPort ?? 0,
    certificates: options.certificates ?? (ownCertificates as string),
    acceptClients: options.acceptClients ?? true,
    user: options.user ?? null,
    maxSessions: options.maxSessions ?? 20,
    values,
    now: () => begun?.model.now() ?? 0,
    shown: (time) => begun?.clock.shown(time) ?? time,
    clock: () => begun?.clock.shown(begun.clock.now()) ?? 0,
    change: ledger.change,
  });
  const modbus = createModbusFace({
    host,
    modbusPort: options.modbusPort ?? 0,
    rtuPort: options.rtuPort ?? 0,
    values,
    now: () => begun?.clock.now() ?? 0,
    change: ledger.change,
  });
  let stopLoop = (): void => {};
  async function close(): Promise<void> {
    stopLoop();
    begun?.model.finish();
    await Promise.all([opcua.stop(), modbus.stop()]);
    ledger.close();
    if (ownCertificates !== null) await rm(ownCertificates, { recursive: true, force: true });
  }
  try {
    await opcua.prepare();
    const start = options.start ?? Date.now();
    const model = createModel({ seed, start }, { change: opcua.set, piece: ledger.piece, time: ledger.time });
    const clock = createClock({ start, factor });
    begun = { model, clock };
    const opcuaPort = await opcua.start();
    const ports = {
      opcuaPort,
      ...(await modbus.start()),
      opcuaUrl: `opc.tcp://${reachableHost(host)}:${opcuaPort}/plant`,
      start,
    };
    return {
      ports,
      model,
      clock,
      run(duration, ending) {
        stopLoop = runModel({
          model,
          clock,
          end: start + duration,
          ended: () => void close().then(ending.resolve, ending.reject),
        });
      },
      close,
      flush: ledger.flush,
      silence: modbus.silence,
      stopOpcua: opcua.stop,
      startOpcua: async () => void (await opcua.start()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Run {
  readonly model: Model;
  readonly clock: Clock;
  readonly end: number;
  ended(): void;
}

/** Keeps the model up with the clock until `end`. The answer stops it. */
function runModel({ model, clock, end, ended }: Run): () => void {
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const slice = (): void => {
    const until = Math.min(clock.now(), end);
    const yieldAt = performance.now() + sliceMs;
    while (!model.advance(until, millisecondsPerCheck)) {
      if (performance.now() < yieldAt) continue;
      immediate = setImmediate(slice);
      return;
    }
    if (model.now() >= end) ended();
    else timer = setTimeout(slice, Math.min(Math.max(1, Math.ceil(clock.until(model.next()))), longestSleepMs));
  };
  slice();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
