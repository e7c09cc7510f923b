// The plant's OPC UA server: filler and capper as two objects of one PLC. Each change of the model is set
// on its variable with the PLC's source time, and monitored items that ask for sampling interval 0 get
// every one. `stop` and `start` again are a PLC download: new server, new sessions, the same addresses.

import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  DataType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  type ServerStatusDataType,
  StatusCodes,
  type UAObject,
  type UAVariable,
  Variant,
} from 'node-opcua';
import type { Datatype, Value } from '../driver.ts';
import type { PlantTag } from './plant-tag.ts';
import type { ChangeRecord } from './records.ts';
import { plantTags } from './tags.ts';

export interface OpcuaUser {
  readonly name: string;
  readonly password: string;
}

export interface OpcuaFaceOptions {
  readonly host: string;
  /** 0: chosen by the operating system at the first start, kept afterwards. */
  readonly port: number;
  /** Where the server's own certificate and the lists of trusted and rejected clients are kept. */
  readonly certificates: string;
  /** False: a client's certificate waits in `rejected/certs` until it is moved to `trusted/certs`. */
  readonly acceptClients: boolean;
  readonly user: OpcuaUser | null;
  readonly maxSessions: number;
  values(): readonly Value[];
  /** Simulated time the values have come to, and what the PLC's clock shows at such a time. */
  now(): number;
  shown(time: number): number;
  /** What the PLC's clock shows now. */
  clock(): number;
  change(record: ChangeRecord): void;
}

export interface OpcuaFace {
  /** Builds the server without listening, which takes a second or two; `start` does it where it was not done. */
  prepare(): Promise<void>;
  /** Resolves with the port when clients can connect. */
  start(): Promise<number>;
  stop(): Promise<void>;
  /** A tag of `plantTags` changed; without a running server nobody sees it. */
  set(tag: number, time: number, value: Value): void;
}

const maxConnections = 50;

const dataTypes: Readonly<Partial<Record<Datatype, DataType>>> = {
  String: DataType.String,
  Boolean: DataType.Boolean,
  Int32: DataType.Int32,
  UInt32: DataType.UInt32,
  Float: DataType.Float,
  Double: DataType.Double,
};

export function createOpcuaFace(options: OpcuaFaceOptions): OpcuaFace {
  let prepared: OPCUAServer | null = null;
  let server: OPCUAServer | null = null;
  let variables = new Map<number, UAVariable>();
  let port = options.port;
  // Kept over restarts: a source time never comes twice for one variable, though the first value after
  // a restart falls into the millisecond of a change.
  const lastTime = new Map<number, number>();

  function put(index: number, at: number, value: Value): void {
    const variable = variables.get(index);
    const tag = plantTags[index];
    if (variable === undefined || tag === undefined) return;
    const time = Math.max(at, (lastTime.get(index) ?? 0) + 1);
    const source = options.shown(time);
    variable.setValueFromSource(variant(tag, value), StatusCodes.Good, new Date(source));
    lastTime.set(index, time);
    options.change({ tag: tag.name, time: source, value, via: 'opcua' });
  }

  async function start(): Promise<number> {
    if (server !== null) return port;
    const starting = prepared ?? (await build(options, port));
    prepared = null;
    server = starting;
    variables = addVariables(starting);
    showClock(starting, options.clock);
    for (const index of variables.keys()) put(index, options.now(), options.values()[index] ?? null);
    try {
      await starting.start();
    } catch (error) {
      await stop();
      throw error;
    }
    port = starting.endpoints[0]?.port ?? port;
    return port;
  }

  async function stop(): Promise<void> {
    const stopping = server ?? prepared;
    server = null;
    prepared = null;
    variables = new Map();
    await stopping?.shutdown(0);
  }

  // One after the other, whoever asks: a stop waits for the start before it.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<Result>(what: () => Promise<Result>): Promise<Result> {
    const mine = last.then(what, what);
    last = mine;
    return mine;
  }

  return {
    prepare: () =>
      inTurn(async () => {
        prepared ??= await build(options, port);
      }),
    start: () => inTurn(start),
    stop: () => inTurn(stop),
    set: put,
  };
}

/** The name clients reach this server by: a wildcard address is none. */
export function reachableHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? hostname() : host;
}

async function build(options: OpcuaFaceOptions, port: number): Promise<OPCUAServer> {
  const manager = (name: string): OPCUACertificateManager =>
    new OPCUACertificateManager({
      rootFolder: join(options.certificates, name),
      automaticallyAcceptUnknownCertificate: options.acceptClients,
    });
  const user = options.user;
  const server = new OPCUAServer({
    host: options.host,
    hostname: reachableHost(options.host),
    port,
    resourcePath: '/plant',
    serverInfo: {
      applicationUri: 'urn:unison:simulated-plant',
      productUri: 'urn:unison:simulator',
      applicationName: { text: 'Simulated bottling plant' },
    },
    buildInfo: { productName: 'Simulated bottling plant' },
    serverCertificateManager: manager('server'),
    userCertificateManager: manager('users'),
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    allowAnonymous: true,
    userManager: {
      isValidUser: (name: string, password: string) =>
        user !== null && name === user.name && password === user.password,
    },
    maxConnectionsPerEndpoint: maxConnections,
    // 0 is what makes the server deliver every change instead of folding those of each 100 ms.
    serverCapabilities: { maxSessions: options.maxSessions, minSupportedSampleRate: 0 },
  });
  await server.initialize();
  return server;
}

function addVariables(server: OPCUAServer): Map<number, UAVariable> {
  const addressSpace = server.engine.addressSpace;
  if (addressSpace === null) throw new Error('the OPC UA server has no address space');
  const namespace = addressSpace.getOwnNamespace();
  const objects = new Map<string, UAObject>();
  const variables = new Map<number, UAVariable>();
  plantTags.forEach((tag, index) => {
    const dataType = dataTypes[tag.datatype];
    if (tag.protocol !== 'opcua' || dataType === undefined) return;
    const nodeId = tag.address.slice('ns=1;'.length);
    const [objectName, name] = nodeId.slice('s='.length).split('.') as [string, string];
    let parent = objects.get(objectName);
    if (parent === undefined) {
      parent = namespace.addObject({
        organizedBy: addressSpace.rootFolder.objects,
        browseName: objectName,
        nodeId: `s=${objectName}`,
      });
      objects.set(objectName, parent);
    }
    const variable = namespace.addVariable({
      componentOf: parent,
      browseName: name,
      nodeId,
      dataType,
      accessLevel: 'CurrentRead',
      userAccessLevel: 'CurrentRead',
      minimumSamplingInterval: 0,
    });
    variables.set(index, variable);
  });
  return variables;
}

/**
 * Server.ServerStatus.CurrentTime is the PLC's clock, which need not be ours. The library reads it off a
 * bound structure and refuses another binding, so the structure is wrapped as the library wraps it.
 */
function showClock(server: OPCUAServer, now: () => number): void {
  const node = server.engine.addressSpace?.rootFolder.objects.server.serverStatus;
  if (node === undefined) throw new Error('the OPC UA server has no server status');
  node.$extensionObject = new Proxy(node.$extensionObject as ServerStatusDataType, {
    get(target, name, receiver): unknown {
      if (name !== 'currentTime') return Reflect.get(target, name, receiver);
      node.currentTime.touchValue();
      return new Date(now());
    },
  });
}

function variant(tag: PlantTag, value: Value): Variant {
  return new Variant({ dataType: dataTypes[tag.datatype] ?? DataType.Null, value });
}
