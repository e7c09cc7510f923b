// Before the first test file: the real services come up (or are adopted), each database server gets its
// migrated template. After the last one they stop, unless somebody else uses them.

import type { TestProject } from 'vitest/node';
import { acquireServices, releaseServices } from '../../deploy/services/services.ts';
import { prepareServer } from './template.ts';

const tell = (line: string) => {
  console.error(`services: ${line}`);
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const user = process.pid;
  const services = await acquireServices({ user, tell });
  try {
    project.provide('services', {
      embedded: await prepareServer(services.embeddedUrl),
      timescale: await prepareServer(services.timescaleUrl),
      redisUrl: services.redisUrl,
      chromium: services.chromium,
      faketime: services.faketime,
    });
  } catch (error) {
    await releaseServices({ user, tell });
    throw error;
  }
  return () => releaseServices({ user, tell });
}
