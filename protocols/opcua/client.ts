// Makes node-opcua clients that do what we want and no more: no reconnecting, no certificate store of
// their own, no keep-alive of their own, and sockets that can be destroyed when a goodbye hangs.

import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  ClientTCP_transport,
  crypto_utils,
  type EndpointDescription,
  InMemoryCertificateStore,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua';
import { DriverError } from '../driver.ts';
import { certificatesIn, type OwnCertificate } from './own-certificate.ts';
import type { OpcuaSettings } from './settings.ts';

const TOKEN_LIFETIME_MS = 600_000;
/** Bounds one message from the server; a full browse or a burst of 10,000 values is far below. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** The sockets of a connection, of all its clients. */
export class Transports {
  readonly #open = new Set<ClientTCP_transport>();

  create(options: ConstructorParameters<typeof ClientTCP_transport>[0]): ClientTCP_transport {
    const transport = new ClientTCP_transport({ ...options, maxMessageSize: MAX_MESSAGE_BYTES });
    this.#open.add(transport);
    transport.once('close', () => this.#open.delete(transport));
    return transport;
  }

  destroy(): void {
    for (const transport of this.#open) transport.dispose();
  }
}

/** With a server certificate the client is secured as the settings say; without, it has no security. */
export function createClient(options: {
  settings: OpcuaSettings;
  own: OwnCertificate;
  serverCertificate: Buffer | null;
  transports: Transports;
}): OPCUAClient {
  const { settings, own, serverCertificate, transports } = options;
  const { security, applicationName, sessionTimeout, requestTimeout, keepAlive } = settings;
  const privateKey = crypto_utils.coercePEMorDerToPrivateKey(own.privateKey);
  const client = OPCUAClient.create({
    applicationName,
    applicationUri: own.applicationUri,
    clientName: applicationName,
    securityMode: serverCertificate ? MessageSecurityMode[security.mode] : MessageSecurityMode.None,
    securityPolicy: serverCertificate ? SecurityPolicy[security.policy] : SecurityPolicy.None,
    ...(serverCertificate ? { serverCertificate } : {}),
    certificateKeyPairProvider: {
      getCertificate: () => own.chain[0] ?? Buffer.alloc(0),
      getCertificateChain: () => [...own.chain],
      getPrivateKey: () => privateKey,
    },
    // Holds our own certificate only; the server's is judged before this client is made.
    clientCertificateManager: new InMemoryCertificateStore(),
    connectionStrategy: { maxRetry: 0 },
    // Servers announce host names that plants cannot resolve; the address in the settings is what counts.
    endpointMustExist: false,
    keepSessionAlive: false,
    requestedSessionTimeout: sessionTimeout,
    defaultSecureTokenLifetime: TOKEN_LIFETIME_MS,
    defaultTransactionTimeout: requestTimeout,
    transportTimeout: requestTimeout + keepAlive * 4,
    transportFactory: { create: (wanted) => transports.create(wanted) },
  });
  client.on('secure_channel_created', (channel) => {
    channel.on('security_token_created', (token) => {
      token.createdAt = new BirthOfToken();
    });
  });
  return client;
}

/**
 * node-opcua compares this with the wall clock, and once a token looks too old it drops every answer
 * without a word. So it is as far before the wall clock as the token is old, also when the clock is set.
 */
class BirthOfToken extends Date {
  readonly #at = performance.now();

  override getTime(): number {
    return Date.now() - (performance.now() - this.#at);
  }
}

/** The offered endpoint with the wanted security, or a DriverError that tells what is offered. */
export function chooseEndpoint(offers: readonly EndpointDescription[], settings: OpcuaSettings): EndpointDescription {
  const { policy, mode } = settings.security;
  const wanted = offers.find(
    (offer) => offer.securityPolicyUri === SecurityPolicy[policy] && offer.securityMode === MessageSecurityMode[mode],
  );
  if (wanted) return wanted;
  const names = new Set(
    offers.map((offer) => `${offer.securityPolicyUri?.split('#')[1]}/${MessageSecurityMode[offer.securityMode]}`),
  );
  throw new DriverError(
    'protocol',
    `${settings.endpoint} does not offer security ${policy}/${mode}; it offers ${[...names].join(', ') || 'nothing'}. Choose one of these in security.policy and security.mode, or enable ${policy} on the server.`,
  );
}

/** Who we are on the server, with the files of a user certificate read. */
export async function userIdentity({ authentication }: OpcuaSettings): Promise<UserIdentityInfo> {
  switch (authentication.type) {
    case 'anonymous':
      return { type: UserTokenType.Anonymous };
    case 'username':
      return { type: UserTokenType.UserName, userName: authentication.username, password: authentication.password };
    case 'certificate': {
      const [certificate] = certificatesIn(await readUserFile(authentication.certificateFile));
      const key = createPrivateKey(await readUserFile(authentication.privateKeyFile));
      return {
        type: UserTokenType.Certificate,
        certificateData: certificate?.raw ?? Buffer.alloc(0),
        privateKey: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      };
    }
  }
}

async function readUserFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const why = (error as Error).message;
    throw new DriverError('credentials_refused', `The user certificate file ${file} cannot be read: ${why}.`, {
      cause: error,
    });
  }
}

/** node-opcua writes its warnings to the console of the whole process; what matters in them reaches the user as a DriverError. */
export function quietNodeOpcua(): void {
  setWarningLogger(() => {});
  setErrorLogger(() => {});
}
