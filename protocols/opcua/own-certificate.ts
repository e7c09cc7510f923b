// Our own application instance certificate: made once per directory, kept for ever after, so that a
// server's administrator has to trust it only once.
//
//   <directory>/own/certificate.der   what a server must trust (or certificate.pem, a chain from your own CA)
//   <directory>/own/private-key.pem   readable by us alone

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { crypto_utils } from 'node-opcua';
import { DriverError } from '../driver.ts';

const KEY_BITS = 2048;
const VALID_DAYS = 3650;
const DAY_MS = 86_400_000;
/** Made valid from an hour ago, since a server's clock may be a little behind ours. */
const BACKDATE_MS = 3_600_000;

export interface OwnCertificate {
  /** Our certificate first, then its issuers if there are any; DER. */
  readonly chain: readonly Buffer[];
  readonly privateKey: string;
  /** The URI inside the certificate; servers insist that we announce the same one. */
  readonly applicationUri: string;
  readonly file: string;
  readonly expires: Date;
}

/** Reads our certificate from the directory, making it first when there is none. */
export async function ownCertificate(directory: string, applicationName: string): Promise<OwnCertificate> {
  const existing = await readOwn(directory);
  if (existing) return existing;
  await createOwn(directory, applicationName);
  const created = await readOwn(directory);
  if (created) return created;
  throw new DriverError('protocol', `Our certificate vanished from ${join(directory, 'own')} right after it was made.`);
}

async function readOwn(directory: string): Promise<OwnCertificate | null> {
  const folder = join(directory, 'own');
  const keyFile = join(folder, 'private-key.pem');
  const privateKey = await readIfThere(keyFile);
  const pem = await readIfThere(join(folder, 'certificate.pem'));
  const der = pem ?? (await readIfThere(join(folder, 'certificate.der')));
  const file = join(folder, pem ? 'certificate.pem' : 'certificate.der');
  if (!privateKey && !der) return null;
  if (!privateKey || !der) {
    const missing = privateKey ? file : keyFile;
    throw new DriverError(
      'protocol',
      `${missing} is missing. Put it back, or remove ${folder} to have a new certificate made; servers must then trust the new one.`,
    );
  }
  const chain = certificatesIn(der);
  const [own] = chain;
  if (!own) throw new DriverError('protocol', `${file} holds no certificate.`);
  if (!own.checkPrivateKey(createPrivateKey(privateKey))) {
    throw new DriverError('protocol', `${keyFile} does not belong to ${file}.`);
  }
  const applicationUri = /(?:^|, )URI:([^,]+)/.exec(own.subjectAltName ?? '')?.[1];
  if (!applicationUri) {
    throw new DriverError(
      'protocol',
      `${file} names no application URI (subjectAltName), which OPC UA servers insist on.`,
    );
  }
  return {
    chain: chain.map((certificate) => certificate.raw),
    privateKey: privateKey.toString('utf8'),
    applicationUri,
    file,
    expires: new Date(own.validTo),
  };
}

/** Key and certificate appear together: a folder is filled and then renamed, and whoever comes second keeps the first's. */
async function createOwn(directory: string, applicationName: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const draft = await mkdtemp(join(directory, '.own-'));
  try {
    const { privateKey, certificate } = await makeCertificate(applicationName);
    await writeFile(join(draft, 'private-key.pem'), privateKey, { mode: 0o600, flush: true });
    await writeFile(join(draft, 'certificate.der'), certificate, { mode: 0o644, flush: true });
    await rename(draft, join(directory, 'own'));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

async function makeCertificate(applicationName: string): Promise<{ privateKey: string; certificate: Buffer }> {
  const keys = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: KEY_BITS, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const host = hostname();
  const slug = applicationName.replaceAll(/[^A-Za-z0-9]+/g, '-');
  const { cert } = await crypto_utils.createSelfSignedCertificate({
    privateKey: keys.privateKey,
    subject: `/CN=${applicationName}/O=Unison MES/DC=${host}`,
    dns: [host],
    applicationUri: `urn:${host}:unison-mes:${slug}`,
    notBefore: new Date(Date.now() - BACKDATE_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
    // OPC 10000-6, 6.2.2: the key usages of an application instance certificate.
    purpose: crypto_utils.CertificatePurpose.ForApplication,
  });
  return {
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
      .export({ format: 'pem', type: 'pkcs8' })
      .toString(),
    certificate: new X509Certificate(cert).raw,
  };
}

/** The certificates in a file's bytes: PEM (any number, in order) or one DER. Throws when it is neither. */
export function certificatesIn(bytes: Buffer): X509Certificate[] {
  const blocks = bytes.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  return blocks ? blocks.map((block) => new X509Certificate(block)) : [new X509Certificate(bytes)];
}

/** A file's bytes, or null when there is no such file. */
async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
