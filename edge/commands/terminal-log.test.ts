// The agent's log as somebody reads it who starts the agent by hand.

import { describe, expect, it } from 'vitest';
import { logDestination, plainLine } from './terminal-log.ts';

const line = (more: object): string =>
  `${JSON.stringify({ level: 40, time: 1_795_311_197_484, agent: 'plant/edge-1', ...more })}\n`;

describe('a line of the log', () => {
  it('says when, how bad, which device, what, and what else is known', () => {
    const text = plainLine(line({ device: 'filling', msg: 'gap recorded', tag: null, from: 0, cause: 'device_lost' }));
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d WARN {2}filling: gap recorded \(from 1970-01-01T00:00:00\.000Z, cause device_lost\)$/,
    );
  });

  it('gives an error by its message', () => {
    const text = plainLine(
      line({ level: 50, msg: 'the agent cannot go on', err: { message: 'disk full', stack: '…' } }),
    );
    expect(text).toMatch(/ ERROR the agent cannot go on \(err disk full\)$/);
  });

  it('stays JSON where nobody looks: a service’s journal, a file', () => {
    const written: string[] = [];
    const write = (text: string): void => void written.push(text);
    logDestination({ write }).write(line({ msg: 'a' }));
    logDestination({ isTTY: true, write }).write(line({ msg: 'b' }));
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ msg: 'a', agent: 'plant/edge-1' });
    expect(written[1]).toMatch(/^\d\d:\d\d:\d\d WARN {2}b\n$/);
  });
});
