// One edge agent as it runs in a plant: `unison-edge run` with a configuration file, as a process.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { choosePort } from '../../../cloud/platform/local-process.ts';
import type { AgentStatus } from '../../../edge/agent.ts';
import { nodeFlags } from '../../../edge/node-flags.ts';
import type { CloudStage } from '../stage.ts';

const main = fileURLToPath(new URL('../../../edge/main.ts', import.meta.url));
const stopMs = 30_000;

export interface AgentProcess {
  readonly pid: number;
  status(): Promise<AgentStatus>;
  /** Until nothing is waiting, pending or unacknowledged. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

export interface AgentOptions {
  readonly cloud: Pick<CloudStage, 'folder' | 'organization' | 'brokerUrl'>;
  /** Folder of this run, so that each begins with an empty buffer. */
  readonly run: string;
  /** Of the OPC UA driver, besides the security, which is None. */
  readonly settings: { readonly endpoint: string } & Readonly<Record<string, unknown>>;
  readonly tags: readonly object[];
  readonly machine: string;
  readonly profile: string | null;
}

/** Starts the agent and waits until every tag has its first value. */
export async function startAgent(options: AgentOptions): Promise<AgentProcess> {
  const { cloud, profile } = options;
  const folder = path.join(cloud.folder, options.run);
  await mkdir(folder, { recursive: true });
  const healthPort = await choosePort([undefined]);
  const file = await writeConfig(folder, { ...options, healthPort });
  const log = createWriteStream(path.join(folder, 'edge.log'));
  await once(log, 'open');
  const child = spawn(
    process.execPath,
    [...nodeFlags, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []), main, 'run', file],
    { stdio: ['ignore', log, log] },
  );
  log.close();
  const status = async (): Promise<AgentStatus> => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/health`);
    return (await response.json()) as AgentStatus;
  };
  const agent: AgentProcess = {
    pid: child.pid ?? 0,
    status,
    drained: () =>
      until(
        async () => {
          const { buffer, uplink } = await status();
          return buffer.waitingRows === 0 && buffer.pendingBatches === 0 && uplink.windowBytes === 0;
        },
        async () => `what the agent holds was not acknowledged: ${JSON.stringify(await status())}`,
      ),
    stop: () => stop(child),
  };
  try {
    await until(
      async () => {
        const { devices, uplink } = await status();
        return uplink.state === 'flowing' && (devices['line']?.values ?? 0) >= options.tags.length;
      },
      () => 'the agent did not read every tag',
    );
    return agent;
  } catch (error) {
    await agent.stop();
    const words = (await readFile(path.join(folder, 'edge.log'), 'utf8')).trim().split('\n').slice(-5);
    throw new Error(`${(error as Error).message}; its last words: ${words.join(' ')}`, { cause: error });
  }
}

async function writeConfig(folder: string, options: AgentOptions & { healthPort: number }): Promise<string> {
  const { cloud, tags, machine, healthPort } = options;
  const [agent] = cloud.organization.agents;
  if (!agent) throw new Error('the stage has no agent');
  await writeFile(path.join(folder, 'secret'), `${agent.secret}\n`, { mode: 0o600 });
  const file = path.join(folder, 'edge.yaml');
  const settings = { ...options.settings, security: { policy: 'None', mode: 'None' } };
  await writeFile(
    file,
    stringify({
      agent: { group: agent.group, name: agent.edge, data: 'data', healthPort, logLevel: 'warn' },
      uplink: { url: cloud.brokerUrl, passwordFile: 'secret' },
      devices: [{ name: 'line', driver: 'opcua', machine, settings, tags }],
    }),
  );
  return file;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(timer);
}

/** Asks again every 200 ms for a minute. What cannot be asked yet is asked again, too. */
async function until(condition: () => Promise<boolean>, message: () => string | Promise<string>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(await message());
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
