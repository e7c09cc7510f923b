// A real OPC UA server for tests and benchmarks: a filler whose values the test changes, one node of
// every datatype, and whatever limits and securities a test wants.

import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DataType,
  MessageSecurityMode,
  type Namespace,
  OPCUACertificateManager,
  OPCUAServer,
  type OPCUAServerOptions,
  SecurityPolicy,
  StatusCodes,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua';

export interface TestServerOptions {
  readonly port?: number;
  readonly pki?: string;
  /** Trust every client certificate at sight; a test of refusal sets it to false. */
  readonly trustClients?: boolean;
  readonly policies?: SecurityPolicy[];
  readonly modes?: MessageSecurityMode[];
  readonly capabilities?: OPCUAServerOptions['serverCapabilities'];
  readonly users?: ReadonlyMap<string, string>;
  readonly certificateFile?: string;
  readonly privateKeyFile?: string;
  /** Counters `ns=1;s=Bulk.0` and on. */
  readonly bulk?: number;
}

export interface TestServer {
  readonly port: number;
  readonly endpoint: string;
  /** The server's certificate store. */
  readonly pki: string;
  readonly server: OPCUAServer;
  readonly namespace: Namespace;
  variable(name: string): UAVariable;
  /** Sets `ns=1;s=<name>` as an Int32. */
  set(name: string, value: number): void;
  /** Sessions open now. */
  sessions(): number;
  stop(): Promise<void>;
}

const NAMESPACE = 'urn:test:filler';

/** What each node of `ns=1;s=Types.<name>` holds. */
export const everyType: readonly (readonly [string, DataType, unknown])[] = [
  ['Boolean', DataType.Boolean, true],
  ['SByte', DataType.SByte, -12],
  ['Byte', DataType.Byte, 250],
  ['Int16', DataType.Int16, -12],
  ['UInt16', DataType.UInt16, 65_535],
  ['Int32', DataType.Int32, -12],
  ['UInt32', DataType.UInt32, 4_294_967_284],
  ['Int64', DataType.Int64, [0xffff_ffff, 0xffff_fff4]],
  ['Int64Big', DataType.Int64, [0x8000_0000, 1]],
  ['UInt64', DataType.UInt64, [0, 7]],
  ['UInt64Big', DataType.UInt64, [0x0020_0000, 1]],
  ['Float', DataType.Float, 1.5],
  ['Double', DataType.Double, Math.PI],
  ['String', DataType.String, '0012'],
  ['DateTime', DataType.DateTime, new Date('2026-03-01T12:00:00.123Z')],
  ['LocalizedText', DataType.LocalizedText, { text: 'läuft' }],
  ['Guid', DataType.Guid, '72962B91-FA75-4AE6-8D28-B404DC7DAF63'],
  ['ByteString', DataType.ByteString, Buffer.from('abc')],
];

/** A port the system just gave out. node-opcua announces its port before it listens, so it cannot choose one itself. */
function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = net.createServer();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as net.AddressInfo;
    server.close(() => resolve(port));
  });
  return promise;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const port = options.port ?? (await freePort());
  const ownFolder = options.pki ? null : await mkdtemp(join(tmpdir(), 'opcua-server-'));
  const pki = options.pki ?? ownFolder ?? '';
  const trustClients = options.trustClients ?? true;
  const certificates = (rootFolder: string): OPCUACertificateManager =>
    new OPCUACertificateManager({
      rootFolder,
      automaticallyAcceptUnknownCertificate: trustClients,
      disableFileWatchers: true,
    });
  const users = options.users ?? new Map();
  const server = new OPCUAServer({
    port,
    hostname: '127.0.0.1',
    securityPolicies: options.policies ?? [
      SecurityPolicy.None,
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
      SecurityPolicy.Aes256_Sha256_RsaPss,
    ],
    securityModes: options.modes ?? [
      MessageSecurityMode.None,
      MessageSecurityMode.Sign,
      MessageSecurityMode.SignAndEncrypt,
    ],
    serverCertificateManager: certificates(pki),
    userCertificateManager: certificates(join(pki, 'users')),
    allowAnonymous: options.users === undefined,
    userManager: { isValidUser: (name: string, password: string) => users.get(name) === password },
    serverInfo: { applicationUri: 'urn:test:server' },
    // 0: every change is reported to who asks for interval 0, none coalesced.
    serverCapabilities: { maxSessions: 50, minSupportedSampleRate: 0, ...options.capabilities },
    maxConnectionsPerEndpoint: 50,
    ...(options.certificateFile ? { certificateFile: options.certificateFile } : {}),
    ...(options.privateKeyFile ? { privateKeyFile: options.privateKeyFile } : {}),
  });
  await server.initialize();
  const namespace = fill(server, options.bulk ?? 0);
  await server.start();
  const variable = (name: string): UAVariable => {
    const node = namespace.findNode(`s=${name}`);
    if (!node) throw new Error(`no node ${name}`);
    return node as UAVariable;
  };
  return {
    port,
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    pki,
    server,
    namespace,
    variable,
    set: (name, value) => variable(name).setValueFromSource({ dataType: DataType.Int32, value }),
    sessions: () => server.currentSessionCount,
    stop: async () => {
      await server.shutdown(0);
      if (ownFolder) await rm(ownFolder, { recursive: true, force: true });
    },
  };
}

function fill(server: OPCUAServer, bulk: number): Namespace {
  const space = server.engine.addressSpace;
  if (!space) throw new Error('the server has no address space');
  const namespace = space.getOwnNamespace();
  const vendor = space.registerNamespace(NAMESPACE);
  const objects = space.rootFolder.objects;
  const filler = namespace.addObject({ organizedBy: objects, browseName: 'Filler', nodeId: 's=Filler' });
  for (const [index, name] of ['Count', 'State', 'Speed'].entries()) {
    const node = namespace.addVariable({
      componentOf: filler,
      browseName: name,
      nodeId: `s=Filler.${name}`,
      dataType: DataType.Int32,
      minimumSamplingInterval: 0,
    });
    node.setValueFromSource({ dataType: DataType.Int32, value: index });
  }
  vendor.addVariable({
    componentOf: filler,
    browseName: 'Vendor',
    nodeId: 's=Speed',
    dataType: DataType.Double,
    value: new Variant({ dataType: DataType.Double, value: 2.5 }),
  });
  const types = namespace.addObject({ organizedBy: objects, browseName: 'Types', nodeId: 's=Types' });
  for (const [name, dataType, value] of everyType) {
    const node = namespace.addVariable({ componentOf: types, browseName: name, nodeId: `s=Types.${name}`, dataType });
    node.setValueFromSource(new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }), StatusCodes.Good);
  }
  const array = namespace.addVariable({
    componentOf: types,
    browseName: 'Array',
    nodeId: 's=Types.Array',
    dataType: DataType.Double,
    valueRank: 1,
  });
  array.setValueFromSource({
    dataType: DataType.Double,
    arrayType: VariantArrayType.Array,
    value: new Float64Array([1, 2]),
  });
  const many = namespace.addFolder(objects, { browseName: 'Bulk', nodeId: 's=Bulk' });
  for (let n = 0; n < bulk; n += 1) {
    const node = namespace.addVariable({
      organizedBy: many,
      browseName: `Bulk${n}`,
      nodeId: `s=Bulk.${n}`,
      dataType: DataType.Double,
      minimumSamplingInterval: 0,
    });
    node.setValueFromSource({ dataType: DataType.Double, value: n });
  }
  return namespace;
}
