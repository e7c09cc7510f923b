// Ports for processes that are told them: free, not given twice, and none that an outgoing connection may take.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { choosePort } from './local-process.ts';

describe('a port', () => {
  it('is the first of the wanted ones that is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const free = await choosePort([]);
    expect(await choosePort([port, undefined, free])).toBe(free);
    expect(await choosePort([port])).not.toBe(port);
    taken.close();
    await once(taken, 'close');
    expect(await choosePort([port, free])).toBe(port);
  });

  it('is none that somebody has, was not given before, and is never one of outgoing connections', async () => {
    const first = await choosePort([]);
    const next = createServer().listen(first === 29_999 ? 20_000 : first + 1, '127.0.0.1');
    await once(next, 'listening');
    const taken = (next.address() as AddressInfo).port;
    const ports = [first];
    for (let nth = 0; nth < 20; nth += 1) ports.push(await choosePort([]));
    next.close();
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).not.toContain(taken);
    expect(ports.every((port) => port >= 20_000 && port < 30_000)).toBe(true);
  });
});
