// Preloaded into a process under test (NODE_OPTIONS=--import): kills it with SIGKILL at the nth time it
// passes a step of the road. CRASH_AT is `channel:step:n`. The steps are published on diagnostics
// channels by the code itself, in whatever thread they happen.

import { subscribe } from 'node:diagnostics_channel';

const wanted = process.env['CRASH_AT'];
if (wanted) {
  const [channel = '', step = '', nth = '1'] = wanted.split(':');
  let left = Number(nth);
  subscribe(channel, (message) => {
    if (message === step && --left === 0) process.kill(process.pid, 'SIGKILL');
  });
}
