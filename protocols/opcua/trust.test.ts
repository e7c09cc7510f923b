// Which server certificates pass: those a person put into trusted/, and those an authority there issued
// and has not revoked.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crypto_utils } from 'node-opcua';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bench } from './test-kit.ts';
import { judgeServerCertificate, type TrustVerdict } from './trust.ts';

const algorithm = { name: 'RSASSA-PKCS1-v1_5' as const, hash: { name: 'SHA-256' as const } };
const bed = bench();
afterEach(() => bed.tidy());

interface Authority {
  readonly keys: CryptoKeyPair;
  readonly certificate: Buffer;
  issue(name: string): Promise<{ der: Buffer; serial: string }>;
  revocationList(serials: string[]): Promise<Buffer>;
}

let plant: Authority;
let impostor: Authority;
beforeAll(async () => {
  [plant, impostor] = await Promise.all([authority('Plant CA'), authority('Plant CA')]);
});

function newKeys(bits = 2048): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(
    { ...algorithm, modulusLength: bits, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ['sign', 'verify'],
  );
}

async function authority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const { cert } = await crypto_utils.createSelfSignedCertificate({
    privateKey: keys.privateKey,
    subject: `/CN=${name}`,
    purpose: crypto_utils.CertificatePurpose.ForCertificateAuthority,
  });
  const certificate = crypto_utils.convertPEMtoDER(cert);
  const issuerName = new crypto_utils.x509.X509Certificate(cert).subject;
  const common = {
    issuerName,
    issuerPublicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
  };
  return {
    keys,
    certificate,
    issue: async (subject) => {
      const own = await newKeys();
      const { csr } = await crypto_utils.createCertificateSigningRequest({
        privateKey: own.privateKey,
        subject: `/CN=${subject}`,
        applicationUri: 'urn:test:plc',
        purpose: crypto_utils.CertificatePurpose.ForApplication,
      });
      const { der } = await crypto_utils.createCertificateFromCsr({
        csr,
        ...common,
        purpose: crypto_utils.CertificatePurpose.ForApplication,
        applicationUri: 'urn:test:plc',
      });
      const bytes = Buffer.from(der);
      return { der: bytes, serial: new crypto_utils.x509.X509Certificate(bytes).serialNumber };
    },
    revocationList: async (serials) => {
      const { der } = await crypto_utils.createCrl({
        ...common,
        crlNumber: 1,
        entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
      });
      return Buffer.from(der);
    },
  };
}

/** A certificate directory with these files, `trusted/plant.der` and so on. */
async function directory(files: Record<string, Buffer>): Promise<string> {
  const folder = await bed.folder();
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(join(folder, name.split('/')[0] ?? ''), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

const judge = (folder: string, ...chain: Buffer[]): Promise<TrustVerdict> =>
  judgeServerCertificate({ directory: folder, chain, now: Date.now(), allowWeakKeys: false });
const reason = (verdict: TrustVerdict): string => (verdict.trusted ? 'trusted' : verdict.reason);

describe('a server certificate issued by an authority', () => {
  it('is trusted when the authority is, and its revocation list does not name it', async () => {
    const plc = await plant.issue('PLC 1');
    const folder = await directory({
      'trusted/plant.der': plant.certificate,
      'crl/plant.crl': await plant.revocationList([]),
    });
    expect(reason(await judge(folder, plc.der))).toBe('trusted');
    expect(reason(await judge(folder, plc.der, plant.certificate))).toBe('trusted');
  });

  it('is not trusted because it brings its authority along, nor because the authority only completes chains', async () => {
    const plc = await plant.issue('PLC 1');
    expect(reason(await judge(await directory({}), plc.der, plant.certificate))).toBe('untrusted');
    expect(reason(await judge(await directory({ 'issuers/plant.der': plant.certificate }), plc.der))).toBe('untrusted');
  });

  it('is not trusted when an impostor of the same name signed it', async () => {
    const forged = await impostor.issue('PLC 1');
    const folder = await directory({
      'trusted/plant.der': plant.certificate,
      'crl/plant.crl': await plant.revocationList([]),
    });
    expect(reason(await judge(folder, forged.der, impostor.certificate))).toBe('untrusted');
  });

  it('is refused once the authority revoked it, also when it was trusted by name', async () => {
    const [good, stolen] = [await plant.issue('PLC 1'), await plant.issue('PLC 2')];
    const crl = await plant.revocationList([stolen.serial]);
    const folder = await directory({
      'trusted/plant.der': plant.certificate,
      'trusted/plc2.der': stolen.der,
      'crl/plant.crl': crl,
    });
    expect(reason(await judge(folder, good.der))).toBe('trusted');
    expect(reason(await judge(folder, stolen.der))).toBe('revoked');
  });

  it('is refused while the list is missing or forged, unless the server itself is trusted', async () => {
    const plc = await plant.issue('PLC 1');
    const trusted = { 'trusted/plant.der': plant.certificate };
    expect(reason(await judge(await directory(trusted), plc.der))).toBe('revocation_unknown');
    expect(
      reason(await judge(await directory({ ...trusted, 'crl/x.crl': await impostor.revocationList([]) }), plc.der)),
    ).toBe('revocation_unknown');
    expect(reason(await judge(await directory({ ...trusted, 'trusted/plc.der': plc.der }), plc.der))).toBe('trusted');
  });
});

describe('the directory', () => {
  it('keeps at most fifty certificates waiting, and a README among them does no harm', async () => {
    const folder = await directory({
      'trusted/README.txt': Buffer.from('put them here'),
      'crl/README.txt': Buffer.from('lists'),
    });
    const keys = await newKeys();
    for (let n = 0; n < 53; n += 1) {
      const { cert } = await crypto_utils.createSelfSignedCertificate({
        privateKey: keys.privateKey,
        subject: `/CN=../../Stranger ${n}`,
        purpose: crypto_utils.CertificatePurpose.ForApplication,
      });
      expect(reason(await judge(folder, crypto_utils.convertPEMtoDER(cert)))).toBe('untrusted');
    }
    const waiting = await readdir(join(folder, 'rejected'));
    expect(waiting).toHaveLength(50);
    expect(waiting.some((name) => name.includes('Stranger 52'))).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['crl', 'issuers', 'rejected', 'trusted']);
  });

  it('does not take a key of 1024 bits, or what is no certificate', async () => {
    const keys = await newKeys(1024);
    const { cert } = await crypto_utils.createSelfSignedCertificate({
      privateKey: keys.privateKey,
      subject: '/CN=Old',
      purpose: crypto_utils.CertificatePurpose.ForApplication,
    });
    const der = crypto_utils.convertPEMtoDER(cert);
    expect(reason(await judge(await directory({ 'trusted/old.der': der }), der))).toBe('weak_key');
    expect(reason(await judge(await directory({}), Buffer.from('nonsense')))).toBe('malformed');
  });
});
