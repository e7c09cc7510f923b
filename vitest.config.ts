// How the tests run: two files at a time (a plant's server has two cores, too), and no test may hang.
// What runs in the plant is tested without the cloud's services; everything else gets them from the
// global set-up.

import { defineConfig } from 'vitest/config';

const bounds = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    ...bounds,
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        test: {
          ...bounds,
          name: 'house',
          include: ['test/architecture.test.ts'],
        },
      },
      {
        test: {
          ...bounds,
          name: 'plant',
          include: ['{protocols,edge}/**/*.test.{ts,tsx}'],
          setupFiles: ['test/support/leak-check.ts'],
        },
      },
      {
        test: {
          ...bounds,
          name: 'cloud',
          include: ['{cloud,deploy,test}/**/*.test.{ts,tsx}'],
          exclude: ['test/architecture.test.ts', '**/node_modules/**'],
          globalSetup: ['test/support/global-setup.ts'],
          setupFiles: ['test/support/leak-check.ts'],
        },
      },
    ],
  },
});
