// Runs a program in the place of this process: its terminal, its signals, its end.

import { spawn } from 'node:child_process';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a program to its end and passes on what this process is told meanwhile. `heedsRepeats`: the program
 * takes a second Ctrl-C like the first, so that it is told in any case.
 * @param {{ file: string, args: string[], cwd: string, env: NodeJS.ProcessEnv, heedsRepeats?: boolean }} options
 * @returns {Promise<number>} its exit code; 128 + the signal's number where a signal ended it.
 */
export function runChild({ file, args, cwd, env, heedsRepeats = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: 'inherit' });
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => {
      // A terminal's Ctrl-C reaches the child by itself; a second one would read as "at once". Who sends the
      // signal to this process alone means the child, and at a terminal the two cannot be told apart.
      if (signal !== 'SIGINT' || !process.stdin.isTTY || heedsRepeats) child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, passOn);
    const done = () => {
      for (const signal of SIGNALS) process.removeListener(signal, passOn);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : signal === 'SIGHUP' ? 1 : 9));
    });
  });
}
