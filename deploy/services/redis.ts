// A real Redis for the tests, shared by all of them.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { choosePort } from '../../cloud/platform/local-process.ts';
import { startDaemon } from './daemon.ts';
import { type DebianRoot, rootCommand } from './debian-root.ts';

/** Starts or adopts the Redis of this directory; its URL holds the password. Stop it with `stopDaemon(directory)`. */
export async function startRedis(options: { directory: string; root: DebianRoot }): Promise<string> {
  const { directory, root } = options;
  const { port, password } = await startDaemon({
    directory,
    outlives: true,
    isReady: answersPing,
    async prepare() {
      const free = await choosePort([]);
      const fresh = randomBytes(24).toString('hex');
      const config = path.join(directory, 'redis.conf');
      const lines = [`port ${free}`, 'bind 127.0.0.1', `requirepass ${fresh}`, `dir ${directory}`];
      // BullMQ refuses a Redis that may evict its jobs; nothing in a test outlives it.
      lines.push('save ""', 'appendonly no', 'maxmemory 256mb', 'maxmemory-policy noeviction');
      await writeFile(config, `${lines.join('\n')}\n`, { mode: 0o600 });
      return { ...rootCommand(root, 'usr/bin/redis-server', [config]), port: free, password: fresh };
    },
  });
  return `redis://:${password}@127.0.0.1:${port}`;
}

async function answersPing({ port, password }: { port: number; password: string }): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(2_000, () => socket.destroy());
  try {
    await once(socket, 'connect');
    socket.write(`AUTH ${password}\r\nPING\r\n`);
    let said = '';
    for await (const chunk of socket) {
      said += String(chunk);
      if (said.includes('+PONG')) return true;
      if (said.includes('-')) return false;
    }
    return false;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
