// One connection to an OPC UA server: transport, secure channel and session, and requests over them.
//
//   created ──open()──▶ opening ──▶ open ──▶ ended
//                          │ refused, aborted, close()  ▲ close(), or the peer is gone: onLost, once
//                          └────────────────────────────┘
//
// node-opcua is told never to reconnect (maxRetry 0), and requests go to its secure channel rather than
// through its session object, which would open a second session by itself when the server forgot the
// first. Reconnecting belongs to the collector. Every transport node-opcua makes is ours (client.ts), so
// that a socket can be destroyed although a graceful disconnect hangs on a dead peer.

import {
  AttributeIds,
  type ClientSecureChannelLayer,
  type ClientSession,
  crypto_utils,
  DataValue,
  type EndpointDescription,
  type NodeId,
  type OPCUAClient,
  ReadRequest,
  type ReadResponse,
  type RequestHeader,
  type ResponseHeader,
  resolveNodeId,
  StatusCodes,
  TimestampsToReturn,
  type UserIdentityInfo,
} from 'node-opcua';
import { DriverError, type DriverLog, status } from '../driver.ts';
import { chooseEndpoint, createClient, quietNodeOpcua, Transports, userIdentity } from './client.ts';
import { type Clocks, type ConnectContext, connectError, ServiceError, statusNameIn, trustError } from './errors.ts';
import { type OwnCertificate, ownCertificate } from './own-certificate.ts';
import { type OpcuaSettings, opcuaSettingsProblems } from './settings.ts';
import { judgeServerCertificate } from './trust.ts';

/** How long we wait for the peer's answer to our goodbye. */
const GOODBYE_MS = 2_000;
/** How long node-opcua may take to tidy up once its sockets are destroyed. */
const TIDY_MS = 1_000;
const EXPIRY_WARNING_MS = 30 * 86_400_000;
/** Never ask for more nodes in one call than this, even where the server sets no limit. */
const MAX_PER_CALL = 1_000;

/** After these answers the session or channel is no more. */
const fatalStatus =
  /^Bad(SessionIdInvalid|SessionClosed|SessionNotActivated|SecureChannel\w*|ConnectionClosed|ServerHalted|Shutdown|NotConnected|ServerNotConnected)$/;

/** What the server can take in one call; 0 in its address space means no limit. */
export interface OperationLimits {
  readonly read: number;
  readonly monitoredItems: number;
}

interface AnyRequest {
  requestHeader: RequestHeader;
  readonly constructor: { readonly name: string };
}

export class OpcuaConnection {
  readonly #settings: OpcuaSettings;
  readonly #log: DriverLog;
  readonly #onLost: (reason: Error) => void;
  readonly #transports = new Transports();
  readonly #clients = new Set<OPCUAClient>();
  #state: 'created' | 'opening' | 'open' | 'ended' = 'created';
  #stopOpening: ((reason: DriverError) => void) | null = null;
  #opening: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;
  #channel: ClientSecureChannelLayer | null = null;
  #session: ClientSession | null = null;
  #watchdog: NodeJS.Timeout | null = null;
  #lastAnswer = 0;
  #namespaces: string[] = [];
  #limits: OperationLimits = { read: MAX_PER_CALL, monitoredItems: MAX_PER_CALL };

  constructor(options: { settings: OpcuaSettings; log: DriverLog; onLost: (reason: Error) => void }) {
    this.#settings = options.settings;
    this.#log = options.log;
    this.#onLost = options.onLost;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The server's namespaces in the order of their indexes. */
  get namespaces(): readonly string[] {
    return this.#namespaces;
  }

  get limits(): OperationLimits {
    return this.#limits;
  }

  /** Connects, or rejects with a DriverError and leaves nothing behind. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'created') throw new DriverError('aborted', 'This connection was used before; make a new one.');
    if (signal.aborted) {
      this.#state = 'ended';
      throw new DriverError('aborted', 'Connecting was stopped.');
    }
    this.#state = 'opening';
    quietNodeOpcua();
    const { endpoint, connectTimeout } = this.#settings;
    const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
    this.#stopOpening = stop;
    const onAbort = (): void => stop(new DriverError('aborted', 'Connecting was stopped.'));
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => {
      stop(
        new DriverError(
          'timeout',
          `${endpoint} was not connected within ${connectTimeout} ms. Check address, firewall and that it is an OPC UA server.`,
        ),
      );
    }, connectTimeout);
    const work = this.#establish();
    this.#opening = work.catch(() => {});
    try {
      await Promise.race([work, stopped]);
      this.#state = 'open';
      this.#startWatchdog();
    } catch (error) {
      this.#state = 'ended';
      this.#ending ??= this.#tearDown(false);
      await this.#ending;
      await this.#opening;
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#stopOpening = null;
    }
  }

  /** Safe at any moment and twice; resolves when sockets and timers are gone. */
  async close(): Promise<void> {
    this.#stopOpening?.(new DriverError('aborted', 'Connecting was stopped.'));
    const graceful = this.#state === 'open';
    this.#state = 'ended';
    this.#ending ??= this.#tearDown(graceful);
    await this.#ending;
    await this.#opening;
  }

  /**
   * Ends the connection because of what the peer did, and says so once. A peer that still answers gets
   * a goodbye, which frees its session at once; one that does not is left without ceremony.
   */
  lose(reason: Error, peerAnswers = true): void {
    if (this.#state === 'opening') {
      this.#transports.destroy();
      return;
    }
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#ending = this.#tearDown(peerAnswers && (this.#channel?.isValid() ?? false));
    this.#onLost(reason instanceof DriverError ? reason : new DriverError('lost', reason.message, { cause: reason }));
  }

  /**
   * Sends a request in our session. Rejects with a ServiceError when the server refuses it as a whole,
   * and with a DriverError when the connection is gone, which is then reported as lost, too.
   */
  request<Response extends { responseHeader: ResponseHeader }>(request: AnyRequest): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const channel = this.#channel;
    const token = this.#session?.authenticationToken;
    if (!channel || !token || this.#state === 'ended') {
      reject(new DriverError('lost', 'The connection is closed.'));
      return promise;
    }
    request.requestHeader.authenticationToken = token;
    channel.performMessageTransaction(
      request as Parameters<typeof channel.performMessageTransaction>[0],
      (error, response) => {
        const header = (response ?? faultOf(error))?.responseHeader as ResponseHeader | undefined;
        if (!header) {
          const lost = new DriverError('lost', `${this.#settings.endpoint}: ${error?.message ?? 'no answer'}`, {
            cause: error,
          });
          this.lose(lost, false);
          reject(lost);
          return;
        }
        this.#lastAnswer = performance.now();
        const result = header.serviceResult;
        if (response && result.value < status.bad) {
          resolve(response as unknown as Response);
          return;
        }
        const refused = new ServiceError(request.constructor.name, result.value, result.name);
        reject(refused);
        if (fatalStatus.test(result.name)) this.lose(refused);
      },
    );
    return promise;
  }

  /** Reads the Value attribute (or another) of some nodes, at most `limits.read`. */
  async readNodes(nodes: readonly NodeId[], attributeId: AttributeIds = AttributeIds.Value): Promise<DataValue[]> {
    const request = new ReadRequest({
      maxAge: 0,
      timestampsToReturn: TimestampsToReturn.Both,
      nodesToRead: nodes.map((nodeId) => ({ nodeId, attributeId })),
    });
    const response = await this.request<ReadResponse>(request);
    const results = response.results ?? [];
    return nodes.map((_, index) => results[index] ?? new DataValue({ statusCode: StatusCodes.BadDecodingError }));
  }

  /** Reads the namespaces anew; a PLC download may have changed them. */
  async refreshNamespaces(): Promise<void> {
    const [value] = await this.readNodes([resolveNodeId('i=2255')]);
    const names: unknown = value?.value?.value;
    this.#namespaces = Array.isArray(names) ? names.map(String) : [];
  }

  async #establish(): Promise<void> {
    const settings = this.#settings;
    const [problem] = opcuaSettingsProblems(settings);
    if (problem) throw new DriverError('protocol', `${settings.endpoint}: ${problem}.`);
    const own = await ownCertificate(settings.certificates, settings.applicationName);
    this.#warnOfExpiry(own);
    const user = await userIdentity(settings);
    if (settings.authentication.type === 'username' && settings.security.mode === 'None') {
      this.#log.warn(
        { endpoint: settings.endpoint },
        'the OPC UA password travels over an unsecured connection; choose security.mode SignAndEncrypt',
      );
    }
    this.#mustGoOn();
    const discovery = await this.#discover(own);
    const endpoint = chooseEndpoint(discovery.endpoints, settings);
    const context = { settings, own, clocks: discovery.clocks };
    const client =
      settings.security.mode === 'None'
        ? discovery.client
        : await this.#secureClient(discovery.client, endpoint, context);
    this.#mustGoOn();
    await this.#openSession(client, user, { ...context, step: 'session' });
    this.#mustGoOn();
    await this.#learnServer();
  }

  /** Asks for the endpoints without security, as the standard intends: this tells which certificate to expect. */
  async #discover(
    own: OwnCertificate,
  ): Promise<{ client: OPCUAClient; endpoints: EndpointDescription[]; clocks: Clocks }> {
    const client = this.#createClient(own, null);
    let servers: number | null = null;
    let ours = Date.now();
    client.on('receive_response', (response) => {
      const time = response.responseHeader.timestamp?.getTime();
      // Servers without a clock send the year 1601 or 1970.
      servers = time !== undefined && time > 0 ? time : null;
      ours = Date.now();
    });
    try {
      await client.connect(this.#settings.endpoint);
      const endpoints = await client.getEndpoints();
      client.removeAllListeners('receive_response');
      return { client, endpoints, clocks: { ours, servers } };
    } catch (error) {
      throw connectError(error, { step: 'reach', settings: this.#settings, own, clocks: { ours, servers } });
    }
  }

  async #secureClient(
    discovery: OPCUAClient,
    endpoint: EndpointDescription,
    context: Omit<ConnectContext, 'step'>,
  ): Promise<OPCUAClient> {
    await this.#release(discovery, true);
    const chain = endpoint.serverCertificate?.length ? crypto_utils.split_der(endpoint.serverCertificate) : [];
    const verdict = await judgeServerCertificate({
      directory: this.#settings.certificates,
      chain,
      now: context.clocks.ours,
      allowWeakKeys: this.#settings.security.insecure,
    });
    if (!verdict.trusted) throw trustError(verdict, context);
    this.#mustGoOn();
    const client = this.#createClient(context.own, endpoint.serverCertificate);
    try {
      await client.connect(this.#settings.endpoint);
    } catch (error) {
      throw connectError(error, { ...context, step: 'secure' });
    }
    return client;
  }

  #createClient(own: OwnCertificate, serverCertificate: Buffer | null): OPCUAClient {
    const { endpoint } = this.#settings;
    const client = createClient({ settings: this.#settings, own, serverCertificate, transports: this.#transports });
    this.#clients.add(client);
    client.on('secure_channel_created', (channel) => {
      this.#channel = channel;
    });
    client.on('close', (error) => {
      if (!this.#clients.has(client)) return;
      this.lose(new DriverError('lost', `${endpoint} closed the connection.`, { cause: error }));
    });
    return client;
  }

  async #openSession(client: OPCUAClient, user: UserIdentityInfo, context: ConnectContext): Promise<void> {
    try {
      this.#session = await client.createSession(user);
    } catch (error) {
      throw connectError(error, context);
    }
    this.#session.on('session_closed', (code) =>
      this.lose(new DriverError('lost', `${this.#settings.endpoint} ended our session (${code.name}).`)),
    );
  }

  async #learnServer(): Promise<void> {
    try {
      await this.refreshNamespaces();
      // OPC 10000-6, NodeIds.csv: OperationLimits_MaxNodesPerRead, _MaxMonitoredItemsPerCall.
      const [read, items] = await this.readNodes([resolveNodeId('i=11705'), resolveNodeId('i=11714')]);
      this.#limits = { read: callLimit(read), monitoredItems: callLimit(items) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#log.debug({ error: error.message }, 'OPC UA server does not tell its limits');
    }
  }

  /** A silent peer is asked for its state; what does not answer in time is lost (see `request`). */
  #startWatchdog(): void {
    const quiet = Math.min(this.#settings.sessionTimeout, this.#session?.timeout ?? Number.POSITIVE_INFINITY) / 3;
    this.#lastAnswer = performance.now();
    this.#watchdog = setInterval(() => {
      if (performance.now() - this.#lastAnswer < quiet) return;
      this.readNodes([resolveNodeId('i=2259')]).catch((error: unknown) => {
        this.#log.debug({ error: statusNameIn(error) }, 'OPC UA keep-alive was refused');
      });
    }, quiet);
  }

  #warnOfExpiry(own: OwnCertificate): void {
    if (own.expires.getTime() - Date.now() < EXPIRY_WARNING_MS) {
      this.#log.warn(
        { file: own.file, expires: own.expires.toISOString() },
        'our OPC UA certificate expires soon; servers will refuse us',
      );
    }
  }

  #mustGoOn(): void {
    if (this.#state === 'ended') throw new DriverError('aborted', 'Connecting was stopped.');
  }

  async #tearDown(graceful: boolean): Promise<void> {
    if (this.#watchdog) clearInterval(this.#watchdog);
    this.#watchdog = null;
    const session = this.#session;
    if (graceful && session) await atMost(GOODBYE_MS, session.close(true));
    await Promise.all([...this.#clients].map((client) => this.#release(client, graceful)));
    this.#session = null;
    this.#channel = null;
    // A client made while we tore down; `#mustGoOn` stops it from getting further.
    for (const client of this.#clients) await this.#release(client, false);
  }

  async #release(client: OPCUAClient, graceful: boolean): Promise<void> {
    this.#clients.delete(client);
    if (!graceful) this.#transports.destroy();
    const disconnected = client.disconnect();
    await atMost(graceful ? GOODBYE_MS : TIDY_MS, disconnected);
    this.#transports.destroy();
    await atMost(TIDY_MS, disconnected);
  }
}

/** Waits for a promise at most so long, and never rejects. */
async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise.catch(() => {}), elapsed]);
  clearTimeout(timer);
}

function faultOf(error: unknown): { responseHeader: unknown } | undefined {
  return (error as { response?: { responseHeader: unknown } } | null)?.response;
}

function callLimit(limit: DataValue | undefined): number {
  const value: unknown = limit?.value?.value;
  return typeof value === 'number' && value > 0 ? Math.min(value, MAX_PER_CALL) : MAX_PER_CALL;
}
