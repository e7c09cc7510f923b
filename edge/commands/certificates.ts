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

/** Lists the certificates of a device's servers with thumbprint, SHA-256 fingerprint and validity. */
export function listCertificates(config: LoadedConfig, device: string): string {
  const directory = directoryOf(config, device);
  const found = certificatesIn(directory);
  const own = join(directory, 'own', 'certificate.der');
  const ours = existsSync(own)
    ? `our own: ${own} (where the server refuses us, its administrator must trust this file)`
    : 'our own: made at the first connection';
  if (found.length === 0) {
    const read = `unison-edge read ${config.file} ${device}`;
    return `${ours}\nno server was seen yet; this makes a first connection: ${read}`;
  }
  const rows = found.map(({ place, certificate }) => [
    place === 'trusted' ? 'trusted' : 'waits for approval',
    thumbprintOf(certificate).slice(0, 12),
    subjectOf(certificate),
    validity(certificate),
  ]);
  const waiting = found.flatMap(({ place, certificate }) =>
    place === 'trusted'
      ? []
      : [
          '',
          `${subjectOf(certificate)} waits. Compare with what the server shows:`,
          `  thumbprint (SHA-1)  ${thumbprintOf(certificate)}`,
          `  SHA-256             ${certificate.fingerprint256}`,
          `  to approve          unison-edge certificates ${config.file} ${device} --approve ${thumbprintOf(certificate).slice(0, 12)}`,
        ],
  );
  return [ours, table(['state', 'thumbprint', 'subject', 'valid until'], rows), ...waiting].join('\n');
}

/** Trusts the waiting certificate whose thumbprint begins so. */
export function approveCertificate(config: LoadedConfig, device: string, thumbprint: string): string {
  const directory = directoryOf(config, device);
  const wanted = thumbprint.replaceAll(':', '').toUpperCase();
  if (wanted.length < leastThumbprint)
    throw new EdgeConfigError(`Give at least ${leastThumbprint} characters of the thumbprint.`);
  const same = certificatesIn(directory).filter(({ certificate }) => thumbprintOf(certificate).startsWith(wanted));
  const waiting = same.filter(({ place }) => place === 'rejected');
  const [found] = waiting;
  if (!found && same.length > 0) return `${thumbprint} is trusted already.`;
  if (!found || waiting.length > 1) {
    const count =
      waiting.length === 0 ? 'No waiting certificate begins' : `${waiting.length} waiting certificates begin`;
    throw new EdgeConfigError(
      `${count} with ${thumbprint}. This lists them: unison-edge certificates ${config.file} ${device}`,
    );
  }
  mkdirSync(join(directory, 'trusted'), { recursive: true });
  renameSync(join(directory, 'rejected', found.file), join(directory, 'trusted', found.file));
  return `trusted: ${subjectOf(found.certificate)}\nA running agent takes it at its next attempt, within a minute.`;
}

const leastThumbprint = 6;

function thumbprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(':', '');
}

function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.replaceAll('\n', ', ');
}

function validity(certificate: X509Certificate): string {
  const date = certificate.validToDate.toISOString().slice(0, 10);
  return certificate.validToDate.getTime() < Date.now() ? `${date}, expired` : date;
}

function directoryOf(config: LoadedConfig, name: string): string {
  const device = config.devices.find((one) => one.config.name === name);
  if (device?.config.driver !== 'opcua') {
    const known = config.devices.filter((one) => one.config.driver === 'opcua').map((one) => one.config.name);
    const what = device ? `${name} speaks Modbus and has no certificates.` : `There is no device ${name}.`;
    throw new EdgeConfigError(`${what} OPC UA devices in ${config.file}: ${known.join(', ') || 'none'}.`);
  }
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
