// The reference of the ingest benchmarks: PostgreSQL's own client loading the same rows into the same
// table over the same TCP port.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { BenchServices } from '../services.ts';
import { type Load, rowsOf, timeOf, valueOf } from './rows.ts';

const columns = '(organization_id, plant_id, tag_id, time, value, status)';

/** Writes the rows as text for \copy, in the order in which they are published. `tagIds[edge][tag]`. */
export async function writeRows(options: {
  readonly file: string;
  readonly load: Load;
  readonly tagIds: readonly (readonly number[])[];
  readonly organizationId: number;
  readonly plantId: number;
}): Promise<void> {
  const { file, load, tagIds, organizationId, plantId } = options;
  const stream = createWriteStream(file);
  for (let step = 0; step < load.steps; step++) {
    const time = new Date(timeOf(load, step)).toISOString();
    for (const ids of tagIds) {
      const lines = ids.map((id, tag) => `${organizationId}\t${plantId}\t${id}\t${time}\t${valueOf(tag, step)}\t\\N\n`);
      if (!stream.write(lines.join(''))) await once(stream, 'drain');
    }
  }
  stream.end();
  await finished(stream);
}

/** Loads the file. Answers rows/s, as psql's own \timing measures it: without its start and sign-in. */
export async function copyRows(psql: Psql, load: Load): Promise<number> {
  const times = await run(psql, [`\\copy telemetry.sample ${columns} from pstdin`]);
  return rowsOf(load) / (times[0] ?? Number.NaN);
}

/** The same for rows that are all there already. */
export async function mergeRows(psql: Psql, load: Load): Promise<number> {
  const times = await run(psql, [
    'BEGIN',
    'CREATE TEMPORARY TABLE given (LIKE telemetry.sample) ON COMMIT DROP',
    `\\copy given ${columns} from pstdin`,
    `INSERT INTO telemetry.sample ${columns} SELECT * FROM given ON CONFLICT (tag_id, time) DO NOTHING`,
    'COMMIT',
  ]);
  return rowsOf(load) / times.reduce((sum, seconds) => sum + seconds, 0);
}

export interface Psql {
  readonly services: BenchServices;
  readonly url: string;
  readonly file: string;
}

/** Runs commands with the file as input; answers the seconds of each. */
async function run({ services, url, file }: Psql, commands: readonly string[]): Promise<number[]> {
  const { username, password, hostname, port, pathname } = new URL(url);
  const args = ['-X', '-h', hostname, '-p', port, '-U', username, '-d', pathname.slice(1), '-v', 'ON_ERROR_STOP=1'];
  for (const command of ['\\timing on', ...commands]) args.push('-c', command);
  const { file: program, args: all } = await services.psql(args);
  const input = await open(file);
  try {
    const child = spawn(program, all, {
      env: { PGPASSWORD: decodeURIComponent(password), LC_ALL: 'C' },
      stdio: [input.fd, 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    child.stdout?.on('data', (bytes: Buffer) => said.push(bytes));
    child.stderr?.on('data', (bytes: Buffer) => said.push(bytes));
    const [code] = (await once(child, 'close')) as [number | null];
    const text = Buffer.concat(said).toString();
    if (code !== 0) throw new Error(`psql ended with ${code}: ${text}`);
    return [...text.matchAll(/^Time: ([\d.]+) ms/gm)].map((match) => Number(match[1]) / 1_000);
  } finally {
    await input.close();
  }
}
