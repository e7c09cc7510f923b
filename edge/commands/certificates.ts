// unison-edge certificates: what the OPC UA driver waits for, and approving it. An unknown server is
// never trusted by itself; moving its certificate from rejected/ to trusted/ is the approval.

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EdgeConfigError, type LoadedConfig } from '../config.ts';
import { table } from './table.ts';

interface Found {
  readonly file: string;
  readonly place: 'trusted' | 'rejected';
  readonly certificate: X509Certificate;
}

/** Lists the certificates of a device's servers with fingerprint and validity. */
export function listCertificates(config: LoadedConfig, device: string): string {
  const directory = directoryOf(config, device);
  const rows = certificatesIn(directory).map(({ place, certificate }) => [
    place === 'trusted' ? 'trusted' : 'waits for approval',
    certificate.fingerprint.replaceAll(':', '').slice(0, 12),
    certificate.subject.replaceAll('\n', ', '),
    certificate.validTo,
  ]);
  const own = join(directory, 'own', 'certificate.der');
  const ours = existsSync(own)
    ? `our own: ${own} (the server's administrator must trust it)`
    : 'our own: made at the first connection';
  return `${ours}\n${rows.length === 0 ? 'no server was seen yet' : table(['', 'thumbprint', 'subject', 'valid to'], rows)}`;
}

/** Trusts the waiting certificate whose thumbprint begins so. */
export function approveCertificate(config: LoadedConfig, device: string, thumbprint: string): string {
  const directory = directoryOf(config, device);
  const wanted = thumbprint.replaceAll(':', '').toUpperCase();
  const waiting = certificatesIn(directory).filter(
    ({ place, certificate }) => place === 'rejected' && certificate.fingerprint.replaceAll(':', '').startsWith(wanted),
  );
  const [found] = waiting;
  if (!found || wanted.length < 6 || waiting.length > 1) {
    throw new EdgeConfigError(
      `${waiting.length} waiting certificates begin with ${thumbprint} (give at least 6 characters). \`unison-edge certificates\` lists them.`,
    );
  }
  mkdirSync(join(directory, 'trusted'), { recursive: true });
  renameSync(join(directory, 'rejected', found.file), join(directory, 'trusted', found.file));
  return `trusted: ${found.certificate.subject.replaceAll('\n', ', ')}\nThe running agent takes it at its next attempt.`;
}

function directoryOf(config: LoadedConfig, name: string): string {
  const device = config.devices.find((one) => one.config.name === name);
  if (device?.config.driver !== 'opcua')
    throw new EdgeConfigError(`There is no OPC UA device ${name} in ${config.file}.`);
  return resolve(config.dataDirectory, device.config.settings.certificates);
}

function certificatesIn(directory: string): Found[] {
  return (['rejected', 'trusted'] as const).flatMap((place) => {
    const folder = join(directory, place);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((file) => {
      try {
        return [{ file, place, certificate: new X509Certificate(readFileSync(join(folder, file))) }];
      } catch {
        return [];
      }
    });
  });
}
