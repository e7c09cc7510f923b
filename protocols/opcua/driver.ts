// The OPC UA driver: what the edge's collector sees of an OPC UA server.

import {
  AttributeIds,
  DataType,
  type DataValue,
  type NodeId,
  resolveNodeId,
  StatusCodes,
  type Variant,
  WriteRequest,
  type WriteResponse,
} from 'node-opcua';
import {
  type Driver,
  DriverError,
  type DriverEvents,
  type DriverLog,
  type DriverTag,
  isBad,
  type Readings,
  status,
  type Value,
} from '../driver.ts';
import { browseLevel } from './browse.ts';
import { OpcuaConnection } from './connection.ts';
import { inGroups } from './groups.ts';
import { resolveAddress } from './nodes.ts';
import type { OpcuaSettings } from './settings.ts';
import { OpcuaSubscription } from './subscription.ts';
import { appendDataValue, appendStatus, newColumns, readingsOf, toVariant } from './values.ts';

/** Server_ServerStatus_CurrentTime. */
const CURRENT_TIME = 'i=2258';

/**
 * A driver for one connection to one OPC UA server. With `mode: poll` it has no `subscribe`. Opens
 * nothing until `connect`; settings that do not fit together make `connect` reject.
 */
export function createOpcuaDriver(settings: OpcuaSettings, events: DriverEvents, log: DriverLog): Driver {
  let subscription: OpcuaSubscription | null = null;
  const undecodable = new Set<string>();
  let over = false;
  const end = (): void => {
    over = true;
    subscription?.stop();
    subscription = null;
  };
  const connection = new OpcuaConnection({
    settings,
    log,
    onLost: (reason) => {
      end();
      events.lost(reason);
    },
  });

  const warnUndecodable = ({ name, address }: DriverTag): void => {
    if (undecodable.has(address)) return;
    undecodable.add(address);
    log.warn({ tag: name, address }, `tag ${name} has a type no tag can hold (array, structure, bytes)`);
  };

  /** Runs a command on the open connection; gives up at once when the signal fires. */
  const run = async <Result>(signal: AbortSignal, command: () => Promise<Result>): Promise<Result> => {
    if (!connection.isOpen) throw new DriverError('lost', 'There is no connection to the OPC UA server.');
    try {
      return await untilAborted(signal, command());
    } catch (error) {
      throw asDriverError(error, { signal, over });
    }
  };

  const subscribe = (tags: readonly DriverTag[], signal: AbortSignal): Promise<void> =>
    run(signal, async () => {
      if (subscription)
        throw new DriverError('protocol', 'This driver has a subscription already; make a new driver for other tags.');
      const started = new OpcuaSubscription({ connection, settings, events, log, tags });
      subscription = started;
      try {
        await started.start(signal);
      } catch (error) {
        started.stop();
        subscription = null;
        throw error;
      }
    });

  return {
    connect: (signal) => connection.open(signal),
    close: async () => {
      end();
      await connection.close();
    },
    ...(settings.mode === 'subscribe' ? { subscribe } : {}),
    read: (tags, signal) => run(signal, () => readTags({ connection, tags, signal, warnUndecodable })),
    browse: (below, signal) => run(signal, () => browseLevel(connection, below, signal)),
    write: (tag, value, signal) => run(signal, () => writeTag({ connection, tag, value, signal })),
    clockOffset: (signal) => run(signal, () => measureClock(connection, signal)),
  };
}

/** Reads in groups of the server's MaxNodesPerRead; a refused tag or group gets its Bad status. */
async function readTags(options: {
  connection: OpcuaConnection;
  tags: readonly DriverTag[];
  signal: AbortSignal;
  warnUndecodable: (tag: DriverTag) => void;
}): Promise<Readings> {
  const { connection, tags, signal, warnUndecodable } = options;
  const nodes: { tag: number; node: NodeId }[] = [];
  const columns = newColumns();
  tags.forEach((tag, index) => {
    const node = resolveAddress(tag.address, connection.namespaces);
    if (node) nodes.push({ tag: index, node });
    else appendStatus(columns, index, status.badNodeIdUnknown);
  });
  const answers = await inGroups<(typeof nodes)[number], DataValue | number>({
    list: nodes,
    limit: connection.limits.read,
    signal,
    call: (group) => connection.readNodes(group.map(({ node }) => node)),
    refused: (group, error) => group.map(() => error.statusCode),
  });
  nodes.forEach(({ tag }, index) => {
    const answer = answers[index] ?? status.badDecodingError;
    if (typeof answer === 'number') {
      appendStatus(columns, tag, answer);
      return;
    }
    const code = appendDataValue(columns, tag, answer);
    const described = tags[tag];
    if (code === status.badDecodingError && described) warnUndecodable(described);
  });
  return readingsOf(columns);
}

/** Writes with the node's own type, asked for first: a server refuses an Int32 where the node is an Int16. */
async function writeTag(options: {
  connection: OpcuaConnection;
  tag: DriverTag;
  value: Value;
  signal: AbortSignal;
}): Promise<void> {
  const { connection, tag, value, signal } = options;
  const node = resolveAddress(tag.address, connection.namespaces);
  if (!node) throw new DriverError('protocol', `${tag.name}: the server has no namespace for ${tag.address}.`);
  const [type] = await connection.readNodes([node], AttributeIds.DataType);
  const [current] = await connection.readNodes([node]);
  signal.throwIfAborted();
  const variant = toVariant(value, builtInType(type, current));
  if (typeof variant === 'string') throw new DriverError('protocol', `${tag.name} was not written: ${variant}.`);
  const code = await writeValue(connection, node, variant);
  if (isBad(code.value))
    throw new DriverError('protocol', `${tag.name} was not written: the server answered ${code.name}.`);
}

async function writeValue(
  connection: OpcuaConnection,
  nodeId: NodeId,
  value: Variant,
): Promise<{ value: number; name: string }> {
  const response = await connection.request<WriteResponse>(
    new WriteRequest({ nodesToWrite: [{ nodeId, attributeId: AttributeIds.Value, value: { value } }] }),
  );
  return response.results?.[0] ?? StatusCodes.BadInternalError;
}

/** The node's built-in type: from its value, since a data type may be a vendor's subtype; else from the attribute. */
function builtInType(type: DataValue | undefined, current: DataValue | undefined): DataType {
  if (current?.value && current.value.dataType !== DataType.Null) return current.value.dataType;
  const node = type?.value?.value as { namespace?: number; value?: unknown } | null | undefined;
  return node?.namespace === 0 && typeof node.value === 'number' ? node.value : DataType.Null;
}

/** Device clock minus ours, in ms; the reading is taken to be made half way through the round trip. */
async function measureClock(connection: OpcuaConnection, signal: AbortSignal): Promise<number> {
  const before = Date.now();
  const started = performance.now();
  const [answer] = await connection.readNodes([resolveNodeId(CURRENT_TIME)]);
  signal.throwIfAborted();
  const roundTrip = performance.now() - started;
  const time: unknown = answer?.value?.value;
  if (!(time instanceof Date)) throw new DriverError('protocol', 'The server does not tell its time.');
  return Math.round(time.getTime() - (before + roundTrip / 2));
}

/** The promise's outcome, or a rejection as soon as the signal fires; what comes later is dropped. */
async function untilAborted<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new DriverError('aborted', 'Stopped.'));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function asDriverError(error: unknown, { signal, over }: { signal: AbortSignal; over: boolean }): DriverError {
  if (error instanceof DriverError) return error;
  if (over) return new DriverError('lost', 'The connection is closed.', { cause: error });
  if (signal.aborted) return new DriverError('aborted', 'Stopped.', { cause: error });
  return new DriverError('protocol', `${error instanceof Error ? error.message : String(error)}.`, { cause: error });
}
