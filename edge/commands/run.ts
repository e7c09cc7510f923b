// unison-edge run: the agent until it is told to stop. SIGHUP reads the configuration again.

import type { Server } from 'node:http';
import pino from 'pino';
import { Agent } from '../agent.ts';
import { EdgeConfigError, loadConfig } from '../config.ts';
import { serveHealth } from '../health.ts';
import { logDestination } from './terminal-log.ts';

export async function run(file: string, version: string): Promise<void> {
  const config = loadConfig(file);
  const { group, name, logLevel, healthPort } = config.config.agent;
  const log = pino({ level: logLevel, base: { agent: `${group}/${name}` } }, logDestination(process.stdout));
  const agent = new Agent(config, { log, version });
  // Heard from the first moment on: a stop while starting is a clean stop, too.
  const told = untilTold(agent, file, log);
  let health: Server | null = null;
  try {
    await agent.start();
    if (healthPort !== undefined) health = await serveHealth(agent, healthPort);
    log.info({ file, devices: config.devices.length, version }, 'agent running');
    const reason = await told;
    if (reason instanceof Error) {
      log.error({ err: reason }, 'the agent cannot go on');
      process.exitCode = 1;
    } else log.info({ signal: reason }, 'stopping');
  } finally {
    health?.close();
    health?.closeAllConnections();
    await agent.stop();
  }
}

function untilTold(agent: Agent, file: string, log: pino.Logger): Promise<string | Error> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
    process.on('SIGHUP', () => {
      try {
        void agent.reload(loadConfig(file)).then(
          () => log.info({ file }, 'configuration read again'),
          (error: unknown) => log.error({ err: error }, 'the new configuration could not be applied'),
        );
      } catch (error) {
        if (!(error instanceof EdgeConfigError)) throw error;
        log.error({ reason: error.message }, 'the new configuration is wrong and was not taken; the old one goes on');
      }
    });
    void agent.failed.then(resolve);
  });
}
