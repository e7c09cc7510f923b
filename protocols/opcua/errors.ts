// Turns what goes wrong between us and an OPC UA server into a DriverError that names the side that
// refused, the file that matters and what to do.

import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DriverError } from '../driver.ts';
import type { OwnCertificate } from './own-certificate.ts';
import type { OpcuaSettings } from './settings.ts';
import { type TrustVerdict, thumbprint } from './trust.ts';

/** A server's answer to a request that is not Good as a whole. */
export class ServiceError extends Error {
  readonly statusCode: number;
  readonly statusName: string;

  constructor(service: string, statusCode: number, statusName: string) {
    super(`${service}: the server answered ${statusName}`);
    this.name = 'ServiceError';
    this.statusCode = statusCode;
    this.statusName = statusName;
  }
}

/** What is known when a step of connecting fails. */
export interface ConnectContext {
  readonly step: 'reach' | 'secure' | 'session';
  readonly settings: OpcuaSettings;
  readonly own: OwnCertificate;
  readonly clocks: Clocks;
}

/** Both clocks at the time the server was asked for its endpoints; the server's null when it did not say. */
export interface Clocks {
  readonly ours: number;
  readonly servers: number | null;
}

const certificateStatus =
  /^(BadCertificate\w*|BadSecurityChecksFailed|BadApplicationSignatureInvalid|BadNoValidCertificates)$/;
const credentialStatus =
  /^(BadIdentityToken\w*|BadUserAccessDenied|BadUserSignatureInvalid|BadIdentityChangeNotSupported)$/;
const crowdedStatus = /^(BadTooManySessions|BadTcpNotEnoughResources|BadTcpServerTooBusy|BadMaxConnectionsReached)$/;

export function connectError(error: unknown, context: ConnectContext): DriverError {
  if (error instanceof DriverError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const name = statusNameIn(error);
  const { settings } = context;
  const because = (message: string): [string, ErrorOptions] => [message, { cause: error }];
  if (name && crowdedStatus.test(name)) {
    return new DriverError(
      'too_many_sessions',
      ...because(
        `${settings.endpoint} has no session left for us (${name}). Close sessions of other clients or raise the server's limit; we try again slowly.`,
      ),
    );
  }
  if (name && credentialStatus.test(name))
    return new DriverError('credentials_refused', ...because(credentialsText(name, settings)));
  if (name && certificateStatus.test(name))
    return new DriverError('certificate_refused', ...because(refusedText(name, context)));
  if (/user token policy/i.test(text)) {
    return new DriverError(
      'credentials_refused',
      ...because(
        `${settings.endpoint} does not offer authentication by ${settings.authentication.type} with this security. Choose another authentication.type, or enable it on the server.`,
      ),
    );
  }
  if (
    context.step === 'secure' &&
    /disconnected by third party|ended by server|ECONNRESET|Secure Channel Closed|ERROR in waiting/i.test(text)
  ) {
    return new DriverError('certificate_refused', ...because(refusedText(null, context)));
  }
  return transportError(text, name, context, error);
}

function transportError(
  text: string,
  name: string | null,
  { settings, step }: ConnectContext,
  cause: unknown,
): DriverError {
  const { endpoint } = settings;
  if (/ECONNREFUSED/.test(text)) {
    return new DriverError(
      'refused',
      `${endpoint} refuses connections. Check that the OPC UA server runs and the port is right.`,
      { cause },
    );
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) {
    return new DriverError(
      'unreachable',
      `The host of ${endpoint} is not known. Check the name or use the IP address.`,
      { cause },
    );
  }
  if (/EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/.test(text)) {
    return new DriverError('unreachable', `There is no route to ${endpoint}. Check cable, address and firewall.`, {
      cause,
    });
  }
  if (/timed? ?out|ETIMEDOUT/i.test(text)) {
    return new DriverError(
      'timeout',
      `${endpoint} does not answer in time. Check address, firewall and that it is an OPC UA server.`,
      { cause },
    );
  }
  const where = {
    reach: 'while asking for its endpoints',
    secure: 'while securing the connection',
    session: 'while opening a session',
  }[step];
  return new DriverError('protocol', `${endpoint} failed ${where}: ${name ?? firstLine(text)}.`, { cause });
}

function credentialsText(name: string, { endpoint, authentication }: OpcuaSettings): string {
  switch (authentication.type) {
    case 'anonymous':
      return `${endpoint} does not let us in without a user (${name}). Set authentication to a user name and password, or allow anonymous access on the server.`;
    case 'username':
      return `${endpoint} refuses the user "${authentication.username}" or its password (${name}). Check both, and that the user may open sessions.`;
    case 'certificate':
      return `${endpoint} refuses the user certificate ${authentication.certificateFile} (${name}). The server's administrator must trust it as a user certificate.`;
  }
}

function refusedText(name: string | null, { settings, own, clocks }: ConnectContext): string {
  const how = name
    ? `refuses our certificate (${name})`
    : 'closed the connection when it saw our certificate, without a reason';
  const clock = clockText(clocks);
  return [
    `${settings.endpoint} ${how}: the server decided, not we.`,
    `Its administrator must trust ${own.file} (thumbprint ${ownThumbprint(own)}, application URI ${own.applicationUri});`,
    'on most servers it now lies among the rejected certificates.',
    name === 'BadCertificateTimeInvalid' || name === null ? clock : '',
    name === 'BadCertificateTimeInvalid' ? `Our certificate is valid until ${own.expires.toISOString()}.` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The error for a server certificate that we do not accept. */
export function trustError(
  verdict: Exclude<TrustVerdict, { trusted: true }>,
  { settings, clocks }: Pick<ConnectContext, 'settings' | 'clocks'>,
): DriverError {
  return new DriverError('certificate_untrusted', trustText(verdict, settings, clocks));
}

function trustText(verdict: Exclude<TrustVerdict, { trusted: true }>, settings: OpcuaSettings, clocks: Clocks): string {
  const { certificate } = verdict;
  if (!certificate)
    return `${settings.endpoint} shows a certificate that cannot be read. Give the server a proper X.509 certificate.`;
  const who = `the certificate "${commonName(certificate)}" of ${settings.endpoint} (SHA-256 ${certificate.fingerprint256}, thumbprint ${thumbprint(certificate)})`;
  const trustedFolder = join(settings.certificates, 'trusted');
  switch (verdict.reason) {
    case 'untrusted':
      return `We do not trust ${who} yet: we decided, not the server. If this is the fingerprint your server shows, move ${verdict.file} to ${trustedFolder}; the next attempt then connects.`;
    case 'not_yet_valid':
      return `We do not accept ${who}: it is valid only from ${instant(certificate.validFrom)}. ${clockText(clocks)}`;
    case 'expired':
      return `We do not accept ${who}: it was valid until ${instant(certificate.validTo)}. ${clockText(clocks)} If the clocks are right, give the server a new certificate.`;
    case 'revoked':
      return `We do not accept ${who}: its authority revoked it. Give the server a new certificate.`;
    case 'revocation_unknown':
      return `We do not accept ${who}: it was issued by an authority whose revocation list is missing. Put the list into ${join(settings.certificates, 'crl')}, or trust this one server by putting its certificate into ${trustedFolder}.`;
    case 'weak_key':
      return `We do not accept ${who}: its key is shorter than 2048 bits. Give the server a new certificate, or set security.insecure: true.`;
    case 'malformed':
      return `We do not accept ${who}: it is malformed.`;
  }
}

function clockText({ ours, servers }: Clocks): string {
  const own = `Our clock says ${new Date(ours).toISOString()}`;
  if (servers === null) return `${own}; check it and the server's.`;
  const seconds = Math.round((servers - ours) / 1000);
  const skew = Math.abs(seconds) < 2 ? 'they agree' : `they differ by ${Math.abs(seconds)} s, set the wrong one right`;
  return `${own}, the server's says ${new Date(servers).toISOString()}: ${skew}.`;
}

/** The name of the status in an error of node-opcua, which says it in the fault or only in its text. */
export function statusNameIn(error: unknown): string | null {
  if (error instanceof ServiceError) return error.statusName;
  const fault = (error as { response?: { responseHeader?: { serviceResult?: { name?: string } } } })?.response;
  const name = fault?.responseHeader?.serviceResult?.name;
  if (name) return name;
  return /\bBad[A-Z]\w+/.exec(error instanceof Error ? error.message : '')?.[0] ?? null;
}

function ownThumbprint(own: OwnCertificate): string {
  const [der] = own.chain;
  return der ? thumbprint(new X509Certificate(der)) : '';
}

function commonName(certificate: X509Certificate): string {
  return /CN=([^\n]+)/.exec(certificate.subject)?.[1] ?? firstLine(certificate.subject);
}

function instant(text: string): string {
  return new Date(text).toISOString();
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? '';
}
