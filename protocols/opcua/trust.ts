// Which server certificates we trust. A certificate is trusted because a person put it into trusted/,
// or because an authority in trusted/ issued it; never because it turned up. One that turns up is put
// into rejected/, where it waits for approval.
//
//   <directory>/trusted/    server certificates, and authorities whose servers are all trusted
//   <directory>/rejected/   seen and not trusted: move one to trusted/ to approve it
//   <directory>/issuers/    authorities needed to complete a chain, not trusted by themselves
//   <directory>/crl/        the authorities' revocation lists
//
// Files may be PEM or DER under any name. The folders are read anew at each connect, so moving a file is all it takes.

import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crypto_utils } from 'node-opcua';
import { certificatesIn } from './own-certificate.ts';

/** Certificates waiting for approval; beyond this the oldest goes, since anyone on the network can add one. */
const MAX_REJECTED = 50;
const MAX_CHAIN = 5;
const MIN_KEY_BITS = 2048;

export type TrustVerdict =
  | { readonly trusted: true }
  | {
      readonly trusted: false;
      readonly reason:
        | 'untrusted'
        | 'not_yet_valid'
        | 'expired'
        | 'revoked'
        | 'revocation_unknown'
        | 'weak_key'
        | 'malformed';
      readonly certificate: X509Certificate | null;
      /** Where the certificate lies now; null when it was not a matter of trust. */
      readonly file: string | null;
    };

export interface TrustQuestion {
  readonly directory: string;
  /** The server's certificate and perhaps its issuers, DER. */
  readonly chain: readonly Buffer[];
  readonly now: number;
  readonly allowWeakKeys: boolean;
}

interface StoredCertificate {
  readonly certificate: X509Certificate;
  readonly file: string;
}

/** Judges a server's certificate, and puts it into rejected/ when nobody has decided about it yet. */
export async function judgeServerCertificate({
  directory,
  chain,
  now,
  allowWeakKeys,
}: TrustQuestion): Promise<TrustVerdict> {
  let certificates: X509Certificate[];
  try {
    certificates = chain.map((der) => new X509Certificate(der));
  } catch {
    return { trusted: false, reason: 'malformed', certificate: null, file: null };
  }
  const [leaf, ...sent] = certificates;
  if (!leaf) return { trusted: false, reason: 'malformed', certificate: null, file: null };
  for (const folder of ['trusted', 'rejected', 'issuers', 'crl'])
    await mkdir(join(directory, folder), { recursive: true });
  const trusted = await storedCertificates(join(directory, 'trusted'));
  const issuers = await storedCertificates(join(directory, 'issuers'));
  const refuse = (
    reason: Exclude<TrustVerdict, { trusted: true }>['reason'],
    file: string | null = null,
  ): TrustVerdict => ({
    trusted: false,
    reason,
    certificate: leaf,
    file,
  });

  const isTrusted = (certificate: X509Certificate): boolean =>
    trusted.some((stored) => stored.certificate.fingerprint256 === certificate.fingerprint256);
  const known = [...trusted, ...issuers].map((stored) => stored.certificate);
  const path = issuerPath(leaf, [...known, ...sent]);
  if (!isTrusted(leaf) && !path.some(isTrusted)) return refuse('untrusted', await keepRejected(directory, leaf));

  for (const certificate of [leaf, ...path]) {
    if (now < Date.parse(certificate.validFrom)) return refuse('not_yet_valid');
    if (now > Date.parse(certificate.validTo)) return refuse('expired');
  }
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_KEY_BITS && !allowWeakKeys) return refuse('weak_key');
  const revocation = await revocationOf({ leaf, path, folder: join(directory, 'crl') });
  if (revocation === 'revoked') return refuse('revoked');
  // A server trusted by name needs no revocation list; one trusted only through its authority does.
  if (revocation === 'unknown' && !isTrusted(leaf)) return refuse('revocation_unknown');
  return { trusted: true };
}

/** The issuers of a certificate upwards, each verified to have signed the one below; empty for a self-signed one. */
function issuerPath(leaf: X509Certificate, candidates: readonly X509Certificate[]): X509Certificate[] {
  const path: X509Certificate[] = [];
  let below = leaf;
  while (path.length < MAX_CHAIN && !below.checkIssued(below)) {
    const child = below;
    const issuer = candidates.find(
      (candidate) => candidate.ca && child.checkIssued(candidate) && child.verify(candidate.publicKey),
    );
    if (!issuer) break;
    path.push(issuer);
    below = issuer;
  }
  return path;
}

/** Looks every link of the chain up in its issuer's revocation list. */
async function revocationOf(chain: {
  leaf: X509Certificate;
  path: readonly X509Certificate[];
  folder: string;
}): Promise<'good' | 'revoked' | 'unknown'> {
  const lists = await revocationLists(chain.folder);
  let complete = true;
  let below = chain.leaf;
  for (const issuer of chain.path) {
    const own = lists.filter((list) => issued(list, issuer));
    if (own.length === 0) complete = false;
    const serial = BigInt(`0x${below.serialNumber}`);
    if (own.some((list) => revokedSerials(list).has(serial))) return 'revoked';
    below = issuer;
  }
  return complete ? 'good' : 'unknown';
}

function issued(list: Buffer, issuer: X509Certificate): boolean {
  try {
    return crypto_utils.verifyCrlIssuedByCertificate(list, issuer.raw);
  } catch {
    return false;
  }
}

function revokedSerials(list: Buffer): Set<bigint> {
  const { tbsCertList } = crypto_utils.exploreCertificateRevocationList(list);
  return new Set(
    tbsCertList.revokedCertificates.map((entry) => BigInt(`0x${entry.userCertificate.replaceAll(':', '')}`)),
  );
}

async function revocationLists(folder: string): Promise<Buffer[]> {
  const lists: Buffer[] = [];
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(bytes.toString('latin1'));
    lists.push(pem?.[1] ? Buffer.from(pem[1], 'base64') : bytes);
  }
  return lists;
}

/** The certificates in a folder; what is no certificate is passed over, so that a README does no harm. */
async function storedCertificates(folder: string): Promise<StoredCertificate[]> {
  const stored: StoredCertificate[] = [];
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    try {
      for (const certificate of certificatesIn(await readFile(file))) stored.push({ certificate, file });
    } catch {
      // Not a certificate.
    }
  }
  return stored;
}

/** Writes the certificate into rejected/ unless it lies there already, and returns its file. */
async function keepRejected(directory: string, certificate: X509Certificate): Promise<string> {
  const folder = join(directory, 'rejected');
  const waiting = await storedCertificates(folder);
  const already = waiting.find((stored) => stored.certificate.fingerprint256 === certificate.fingerprint256);
  if (already) return already.file;
  if (waiting.length >= MAX_REJECTED) await removeOldest(waiting);
  const name = /CN=([^\n]+)/.exec(certificate.subject)?.[1] ?? 'server';
  const file = join(folder, `${safeFileName(name)} [${thumbprint(certificate)}].der`);
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, certificate.raw, { flush: true });
  await rename(draft, file);
  return file;
}

async function removeOldest(waiting: readonly StoredCertificate[]): Promise<void> {
  const ages = await Promise.all(waiting.map(async ({ file }) => ({ file, time: (await stat(file)).mtimeMs })));
  ages.sort((a, b) => a.time - b.time);
  for (const { file } of ages.slice(0, ages.length - MAX_REJECTED + 1)) await rm(file, { force: true });
}

function safeFileName(name: string): string {
  return (
    name
      .replaceAll(/[^A-Za-z0-9 ._-]/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 60) || 'server'
  );
}

/** The SHA-1 thumbprint that OPC UA tools show, in plain hexadecimal. */
export function thumbprint(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(':', '');
}
