// The other end of child.ts: a process that answers commands until its parent lets go.

import type { Asked } from './child.ts';

export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** Answers each command with what its function returns; `stop` is answered and then the parent disconnects. */
export function obey(commands: Commands): void {
  process.on('message', ({ command, argument }: Asked) => {
    const work = commands[command];
    Promise.resolve()
      .then(() => {
        if (work === undefined) {
          if (command === 'stop') return undefined;
          throw new Error(`no command ${command}`);
        }
        return work(argument as never);
      })
      .then(
        (answer) => process.send?.({ answer }),
        (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
      );
  });
  // Its parent is gone or done: nothing of ours may keep the process alive.
  process.on('disconnect', () => process.exit(0));
}
