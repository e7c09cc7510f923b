// How the tests run: two files at a time (a plant's server has two cores, too), and no test may hang.
// What runs in the plant is tested without the cloud's services; everything else gets them from the
// global set-up.

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, most of them waiting: begun last, one of them would keep a core idle. */
const long = /\/(test\/chaos\/|test\/flow\/ledger-|test\/isolation\/routes|test\/fuzz\/|cloud\/kpi\/order)/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
    sequence: { sequencer: LongFirst },
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
