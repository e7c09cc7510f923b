// The settings of one OPC UA connection, as they stand in the edge's YAML file, and the checks that a
// schema cannot express. Free of node-opcua, so that a schema can be printed without loading it.

import Type from 'typebox';

/** A server's session dies this soon after a crash of ours at the latest, so that orphans never pile up. */
const MAX_SESSION_TIMEOUT_MS = 15_000;

const securityPolicy = Type.Enum(
  ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss', 'None', 'Basic256', 'Basic128Rsa15'],
  {
    description:
      'Security policy. Basic256 and Basic128Rsa15 are broken and need `insecure: true`; Basic128Rsa15 also needs Node to run with --security-revert=CVE-2023-46809.',
    default: 'Basic256Sha256',
  },
);

const authentication = Type.Union(
  [
    Type.Object({ type: Type.Literal('anonymous') }, { additionalProperties: false }),
    Type.Object(
      {
        type: Type.Literal('username'),
        username: Type.String({ minLength: 1, description: 'User name on the server.' }),
        password: Type.String({ description: 'Password on the server.' }),
      },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        type: Type.Literal('certificate'),
        certificateFile: Type.String({ minLength: 1, description: 'User certificate, PEM or DER.' }),
        privateKeyFile: Type.String({ minLength: 1, description: "The user certificate's private key, PEM." }),
      },
      { additionalProperties: false },
    ),
  ],
  { description: 'Who we are on the server.', default: { type: 'anonymous' } },
);

export const opcuaSettings = Type.Object(
  {
    endpoint: Type.String({
      pattern: '^opc\\.tcp://[^\\s/]+(/\\S*)?$',
      description: "The server's endpoint URL, for example opc.tcp://192.168.0.10:4840.",
    }),
    security: Type.Object(
      {
        policy: securityPolicy,
        mode: Type.Enum(['SignAndEncrypt', 'Sign', 'None'], {
          description: 'Whether messages are signed and encrypted, signed only, or neither.',
          default: 'SignAndEncrypt',
        }),
        insecure: Type.Boolean({
          description: 'Allow what is known to be broken: old policies, keys shorter than 2048 bits.',
          default: false,
        }),
      },
      { additionalProperties: false, default: {}, description: 'How the connection is secured.' },
    ),
    authentication,
    certificates: Type.String({
      minLength: 1,
      description:
        'Directory with our own certificate (own/), the certificates we trust (trusted/), those that wait for approval (rejected/), certificate authorities (issuers/) and revocation lists (crl/).',
      default: 'certificates/opcua',
    }),
    applicationName: Type.String({
      minLength: 1,
      maxLength: 60,
      pattern: '^[A-Za-z0-9 ._-]+$',
      description: "Our name in the server's list of clients and in our own certificate.",
      default: 'Unison Edge',
    }),
    mode: Type.Enum(['subscribe', 'poll'], {
      description:
        'subscribe: the server reports changes. poll: we read at intervals, for servers that subscribe badly.',
      default: 'subscribe',
    }),
    publishingInterval: Type.Number({
      minimum: 50,
      maximum: 60_000,
      description: 'Milliseconds between two reports of a subscription. Changes are sampled faster, per tag.',
      default: 500,
    }),
    keepAlive: Type.Number({
      minimum: 1_000,
      maximum: 60_000,
      description:
        'Milliseconds after which the server says that nothing changed. Three missed ones end the connection.',
      default: 5_000,
    }),
    lifetime: Type.Number({
      minimum: 5_000,
      maximum: 3_600_000,
      description: 'Milliseconds a subscription lives on the server without us; at least three keep-alives.',
      default: 30_000,
    }),
    queueSize: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description:
        'Changes per tag that the server keeps between two reports. More are asked for when a tag is sampled faster.',
      default: 10,
    }),
    retryInterval: Type.Number({
      minimum: 1_000,
      maximum: 3_600_000,
      description:
        'Milliseconds after which tags the server refused are tried again; a PLC download may bring them back.',
      default: 30_000,
    }),
    sessionTimeout: Type.Number({
      minimum: 3_000,
      maximum: MAX_SESSION_TIMEOUT_MS,
      description: 'Milliseconds after which the server forgets our session when we vanish.',
      default: MAX_SESSION_TIMEOUT_MS,
    }),
    connectTimeout: Type.Number({
      minimum: 1_000,
      maximum: 120_000,
      description: 'Milliseconds within which the connection must stand.',
      default: 15_000,
    }),
    requestTimeout: Type.Number({
      minimum: 5_000,
      maximum: 120_000,
      description: 'Milliseconds within which the server must answer a request.',
      default: 10_000,
    }),
  },
  { additionalProperties: false, description: 'An OPC UA server.' },
);

export type OpcuaSettings = Type.Static<typeof opcuaSettings>;

const brokenPolicies = new Set<string>(['Basic256', 'Basic128Rsa15']);

/** What is wrong with these settings beyond their schema, in the user's words; empty when they fit together. */
export function opcuaSettingsProblems(settings: OpcuaSettings): string[] {
  const { policy, mode, insecure } = settings.security;
  const problems: string[] = [];
  if ((policy === 'None') !== (mode === 'None')) {
    problems.push(
      `security.policy ${policy} and security.mode ${mode} do not go together: both are None or neither is`,
    );
  }
  if (brokenPolicies.has(policy) && !insecure) {
    problems.push(
      `security.policy ${policy} is broken; choose Basic256Sha256 or better, or set security.insecure: true`,
    );
  }
  return problems;
}
