// Certificates, users and sessions, as a plant engineer meets them: who refused whom, which file goes
// where, and that nothing is ever trusted by itself.

import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { crypto_utils, MessageSecurityMode, SecurityPolicy } from 'node-opcua';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { status } from '../driver.ts';
import { ownCertificate } from './own-certificate.ts';
import type { OpcuaSettings } from './settings.ts';
import { approveAll, bench, failure, never, settingsFor, tag, unsecured } from './test-kit.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

const DAY_MS = 86_400_000;
const bed = bench();
afterEach(() => bed.tidy());

const serve = async (options: TestServerOptions = {}): Promise<TestServer> => {
  const server = await startTestServer(options);
  bed.later(() => server.stop());
  return server;
};
/** Connects and reads one value, or throws what connecting threw. */
const tryOut = async (settings: OpcuaSettings): Promise<void> => {
  const { driver } = bed.create(settings);
  await driver.connect(never());
  expect((await driver.read?.([tag('Filler.Count')], never()))?.status).toEqual([status.good]);
  await driver.close();
};
/** Connects after approving the server as an engineer would. */
const approved = async (settings: OpcuaSettings): Promise<void> => {
  expect((await failure(bed.create(settings).driver.connect(never()))).code).toBe('certificate_untrusted');
  await approveAll(settings.certificates);
  await tryOut(settings);
};

describe('the server certificate', () => {
  it('is not accepted by itself; the message tells fingerprint, file and what to do, and moving the file is enough', async () => {
    const server = await serve();
    const settings = settingsFor(server.endpoint, await bed.folder());
    const { driver, events } = bed.create(settings);
    const refused = await failure(driver.connect(never()));
    expect(refused.code).toBe('certificate_untrusted');
    const [file = ''] = await readdir(join(settings.certificates, 'rejected'));
    const [der] = server.server.getCertificateChain();
    expect(refused.message).toContain(
      crypto_utils
        .makeSHA1Thumbprint(der ?? Buffer.alloc(0))
        .toString('hex')
        .toUpperCase(),
    );
    expect(refused.message).toMatch(/SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}/);
    expect(refused.message).toContain(
      `move ${join(settings.certificates, 'rejected', file)} to ${join(settings.certificates, 'trusted')}`,
    );
    expect(refused.message).toContain('we decided, not the server');
    expect(await readdir(join(settings.certificates, 'trusted'))).toEqual([]);

    // Trying again changes nothing and does not pile up files.
    expect((await failure(bed.create(settings).driver.connect(never()))).code).toBe('certificate_untrusted');
    expect(await readdir(join(settings.certificates, 'rejected'))).toHaveLength(1);
    await approveAll(settings.certificates);
    await tryOut(settings);
    expect(events.losses).toEqual([]);
    expect(server.sessions()).toBe(0);
  });

  it('a server that shows another certificate under the same address is stopped', async () => {
    const first = await startTestServer();
    const settings = settingsFor(first.endpoint, await bed.folder());
    await approved(settings);
    await first.stop();
    await serve({ port: first.port });
    expect((await failure(bed.create(settings).driver.connect(never()))).code).toBe('certificate_untrusted');
  });

  it.each([
    ['not yet valid', 1 * DAY_MS, 30 * DAY_MS, /valid only from .* Our clock says .* the server's says .*they agree/],
    ['expired', -30 * DAY_MS, -1 * DAY_MS, /was valid until .* Our clock says .* the server's says .*new certificate/],
  ])('that is %s is named so, with both clocks', async (_, from, to, words) => {
    const folder = await bed.folder();
    const made = await selfSigned(folder, {
      notBefore: new Date(Date.now() + from),
      notAfter: new Date(Date.now() + to),
    });
    const server = await serve(made);
    const settings = settingsFor(server.endpoint, await bed.folder());
    await mkdir(join(settings.certificates, 'trusted'), { recursive: true });
    await writeFile(join(settings.certificates, 'trusted', 'server.pem'), await readFile(made.certificateFile));
    const refused = await failure(bed.create(settings).driver.connect(never()));
    expect(refused.code).toBe('certificate_untrusted');
    expect(refused.message).toMatch(words);
  });

  it('looks expired to a clock of ours that runs years ahead, and the message says by how much', async () => {
    const server = await serve();
    const settings = settingsFor(server.endpoint, await bed.folder());
    await approved(settings);
    const real = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => real() + 20 * 365 * DAY_MS);
    const refused = await failure(bed.create(settings).driver.connect(never()));
    vi.restoreAllMocks();
    expect(refused.message).toMatch(/they differ by 6307\d{5} s, set the wrong one right/);
  });
});

describe('security policies', () => {
  const policies = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const;
  const combinations = policies.flatMap((policy) =>
    (['Sign', 'SignAndEncrypt'] as const).map((mode) => ({ policy, mode })),
  );

  it('connects with every policy and mode after one approval, and without security when asked', async () => {
    const server = await serve();
    const folder = await bed.folder();
    await approved(settingsFor(server.endpoint, folder));
    for (const security of combinations) await tryOut(settingsFor(server.endpoint, folder, { security }));
    await tryOut(settingsFor(server.endpoint, folder, unsecured));
  });

  it('with encryption nothing can be read on the wire; signed or unsecured, it can', async () => {
    const server = await serve();
    const folder = await bed.folder();
    await approved(settingsFor(server.endpoint, folder));
    const legible = async (security: object): Promise<boolean> => {
      const tap = await tapped(server.port);
      await tryOut(settingsFor(`opc.tcp://127.0.0.1:${tap.port}`, folder, { security }));
      return tap.heard().includes('Filler.Count');
    };
    expect(await legible({})).toBe(false);
    expect(await legible({ mode: 'Sign' })).toBe(true);
    expect(await legible(unsecured.security)).toBe(true);
  });

  it('says what the server offers when it does not offer what is wanted', async () => {
    const server = await serve({ policies: [SecurityPolicy.Basic256Sha256], modes: [MessageSecurityMode.Sign] });
    const refused = await failure(bed.create(settingsFor(server.endpoint, await bed.folder())).driver.connect(never()));
    expect(refused.message).toContain(
      'does not offer security Basic256Sha256/SignAndEncrypt; it offers Basic256Sha256/Sign',
    );
  });

  it('does not use a broken policy or a contradiction by accident', async () => {
    const folder = await bed.folder();
    const say = async (security: object): Promise<string> =>
      (await failure(bed.create(settingsFor('opc.tcp://127.0.0.1:1', folder, { security })).driver.connect(never())))
        .message;
    expect(await say({ policy: 'Basic256' })).toContain('insecure: true');
    expect(await say({ policy: 'None' })).toContain('do not go together');
  });
});

describe('our own certificate', () => {
  it('is made once and stays over restarts, with its application URI and a private key only we can read', async () => {
    const server = await serve();
    const settings = settingsFor(server.endpoint, await bed.folder());
    await approved(settings);
    const first = await ownCertificate(settings.certificates, settings.applicationName);
    await tryOut(settings);
    const second = await ownCertificate(settings.certificates, 'Another Name');
    expect(second.chain[0]?.equals(first.chain[0] ?? Buffer.alloc(0))).toBe(true);
    expect(second.applicationUri).toBe(first.applicationUri);
    expect(first.applicationUri).toMatch(/^urn:[^:]+:unison-mes:Unison-Edge$/);
    const { mode } = await stat(join(settings.certificates, 'own', 'private-key.pem'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('is the same for two devices that start at the same time', async () => {
    const folder = await bed.folder();
    const made = await Promise.all([1, 2, 3].map(() => ownCertificate(folder, 'Unison Edge')));
    expect(new Set(made.map((own) => own.chain[0]?.toString('hex'))).size).toBe(1);
    expect((await readdir(folder)).filter((name) => name !== 'own')).toEqual([]);
  });

  it('when the server refuses it, the message says that the server refused and which file it must trust', async () => {
    const server = await serve({ trustClients: false });
    const settings = settingsFor(server.endpoint, await bed.folder());
    expect((await failure(bed.create(settings).driver.connect(never()))).code).toBe('certificate_untrusted');
    await approveAll(settings.certificates);
    const refused = await failure(bed.create(settings).driver.connect(never()));
    expect(refused.code).toBe('certificate_refused');
    expect(refused.message).toContain('the server decided, not we');
    expect(refused.message).toContain(join(settings.certificates, 'own', 'certificate.der'));

    // The administrator trusts that very file.
    const der = await readFile(join(settings.certificates, 'own', 'certificate.der'));
    await server.server.serverCertificateManager.trustCertificate(der);
    await tryOut(settings);
  });

  it('half of it missing is said, not papered over with a new one', async () => {
    const settings = settingsFor('opc.tcp://127.0.0.1:1', await bed.folder());
    await mkdir(join(settings.certificates, 'own'));
    const { cert } = await certificate({});
    await writeFile(join(settings.certificates, 'own', 'certificate.pem'), cert);
    expect((await failure(bed.create(settings).driver.connect(never()))).message).toContain(
      'private-key.pem is missing',
    );
  });
});

describe('users and sessions', () => {
  const users = new Map([['edge', 'right']]);
  const user = (password: string): object => ({ authentication: { type: 'username', username: 'edge', password } });

  it('lets the right password in and names the wrong one', async () => {
    const server = await serve({ users });
    const folder = await bed.folder();
    await approved(settingsFor(server.endpoint, folder, user('right')));
    const refused = await failure(
      bed.create(settingsFor(server.endpoint, folder, user('wrong'))).driver.connect(never()),
    );
    expect(refused.code).toBe('credentials_refused');
    expect(refused.message).toContain('"edge"');
    expect(refused.message).not.toContain('wrong');
    const anonymous = await failure(bed.create(settingsFor(server.endpoint, folder)).driver.connect(never()));
    expect(anonymous.code).toBe('credentials_refused');
    expect(server.sessions()).toBe(0);
  });

  it('warns when a password would travel without security', async () => {
    const server = await serve({ users });
    const { events } = await bed.connect(
      settingsFor(server.endpoint, await bed.folder(), { ...unsecured, ...user('right') }),
    );
    expect(events.warnings.join()).toContain('unsecured');
  });

  it('logs in with a user certificate', async () => {
    const server = await serve();
    const folder = await bed.folder();
    const { certificateFile, privateKeyFile } = await selfSigned(await bed.folder(), {});
    await approved(
      settingsFor(server.endpoint, folder, {
        authentication: { type: 'certificate', certificateFile, privateKeyFile },
      }),
    );
  });

  it('says that the server is full, and connects when a place is free', async () => {
    const server = await serve({ capabilities: { maxSessions: 1 } });
    const folder = await bed.folder();
    const settings = settingsFor(server.endpoint, folder, unsecured);
    const first = await bed.connect(settings);
    const refused = await failure(bed.create(settings).driver.connect(never()));
    expect(refused.code).toBe('too_many_sessions');
    expect(server.sessions()).toBe(1);
    await first.driver.close();
    await tryOut(settings);
  });
});

/** A wire that listens: passes everything to the server and keeps what the driver sent. */
async function tapped(target: number): Promise<{ port: number; heard(): Buffer }> {
  const chunks: Buffer[] = [];
  const sockets: net.Socket[] = [];
  const listener = net.createServer((near) => {
    const far = net.connect(target, '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('data', (chunk) => chunks.push(chunk));
    near.pipe(far).pipe(near);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  bed.later(async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await once(listener, 'close');
  });
  return { port: (listener.address() as net.AddressInfo).port, heard: () => Buffer.concat(chunks) };
}

interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

async function certificate(validity: Validity): Promise<{ cert: string; key: string }> {
  const keys = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );
  const { cert } = await crypto_utils.createSelfSignedCertificate({
    privateKey: keys.privateKey,
    subject: '/CN=Old PLC',
    dns: ['localhost'],
    applicationUri: 'urn:test:server',
    purpose: crypto_utils.CertificatePurpose.ForApplication,
    ...validity,
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert,
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}

/** A certificate and its key as files, for a server or a user. */
async function selfSigned(
  folder: string,
  validity: Validity,
): Promise<{ certificateFile: string; privateKeyFile: string }> {
  const { cert, key } = await certificate(validity);
  const certificateFile = join(folder, 'certificate.pem');
  const privateKeyFile = join(folder, 'key.pem');
  await writeFile(certificateFile, cert);
  await writeFile(privateKeyFile, key);
  return { certificateFile, privateKeyFile };
}
