// Command line of the tests' real services: `node deploy/services/main.ts up | down`.
// `up` keeps them running until `down`; a test run adopts them and leaves them as they are.

import { acquireServices, releaseServices } from './services.ts';

const tell = (line: string) => {
  console.error(`services: ${line}`);
};

try {
  switch (process.argv[2]) {
    case 'up': {
      const services = await acquireServices({ user: 'keep', tell });
      for (const [name, value] of Object.entries(services)) console.log(`${name} ${value}`);
      break;
    }
    case 'down':
      await releaseServices({ user: 'keep', tell });
      tell('released; they stop with their last user');
      break;
    default:
      tell('usage: node deploy/services/main.ts up | down');
      process.exitCode = 2;
  }
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
