// Cuts a long list into calls the server can take, smaller ones when it says a call was too much.

import { ServiceError } from './errors.ts';

const tooMuch =
  /^Bad(TooManyOperations|TooManyMonitoredItems|ResponseTooLarge|RequestTooLarge|EncodingLimitsExceeded|TcpMessageTooLarge)$/;

/**
 * Calls `call` with consecutive groups of at most `limit` of `list`, one after another, and joins the
 * answers. A group the server finds too large is halved, down to one; what it then still refuses, or
 * refuses for another reason, is given to `refused`. Rejects when the connection is gone.
 */
export async function inGroups<Item, Answer>(options: {
  list: readonly Item[];
  limit: number;
  signal: AbortSignal;
  call: (group: readonly Item[]) => Promise<Answer[]>;
  refused: (group: readonly Item[], error: ServiceError) => Answer[];
}): Promise<Answer[]> {
  const { list, signal, call, refused } = options;
  const answers: Answer[] = [];
  let size = Math.max(1, options.limit);
  let from = 0;
  while (from < list.length) {
    signal.throwIfAborted();
    const group = list.slice(from, from + size);
    try {
      answers.push(...(await call(group)));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (tooMuch.test(error.statusName) && group.length > 1) {
        size = Math.ceil(group.length / 2);
        continue;
      }
      answers.push(...refused(group, error));
    }
    from += group.length;
  }
  return answers;
}
