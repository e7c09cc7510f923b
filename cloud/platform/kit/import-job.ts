// Large CSV files go in as a background job: the file waits in mes.import_files, the job shows how far it
// is, and its result is the report. A file with a wrong row ends the job at once, with every wrong row.

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import Type from 'typebox';
import type { Context } from '../http/context.ts';
import { Strict } from '../http/schema.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { jobKind } from '../jobs/job-kind.ts';
import { HopelessJob, inDatabase, type JobProcessor } from '../jobs/processor.ts';
import type { Schedule } from '../jobs/schedules.ts';
import type { Kind } from './commands.ts';
import { importCsv } from './import.ts';
import type { AnyResource } from './resource.ts';

const csvImport = jobKind('csv.import', Strict({ file: Type.String({ format: 'uuid' }), resource: Type.String() }));

/** Puts the file aside and asks for the import; returns the job's id. */
export async function enqueueImport(ctx: Context, resource: AnyResource, content: Uint8Array): Promise<string> {
  const id = randomUUID();
  const row = { id, organization_id: ctx.actor.organizationId, resource: resource.name, content: Buffer.from(content) };
  await ctx.db.insertInto('mes.import_files').values(row).execute();
  return enqueueJob(ctx, { kind: csvImport, payload: { file: id, resource: resource.name } });
}

/** Does imports into these kinds of records. */
export function csvImportProcessor(kinds: readonly Kind[]): JobProcessor {
  return inDatabase(csvImport, async (ctx, payload) => {
    const kind = kinds.find(({ resource }) => resource.name === payload.resource);
    const file = await ctx.db
      .selectFrom('mes.import_files')
      .select('content')
      .where('id', '=', payload.file)
      .executeTakeFirst();
    if (!kind || !file) throw new HopelessJob('The file is not there any more: it is kept for a day. Send it again.');
    const report = await importCsv(ctx, kind, {
      bytes: file.content,
      progress: (fraction) => ctx.progress(fraction),
    });
    if (report.faults.length > 0) {
      const count = report.faults.length + report.moreFaults;
      const places = count === 1 ? 'One place in the file is' : `${count} places in the file are`;
      throw new HopelessJob(`${places} wrong, so nothing was imported.`, {
        result: { ...report },
      });
    }
    await ctx.db.deleteFrom('mes.import_files').where('id', '=', payload.file).execute();
    return { ...report };
  });
}

const BATCH = 1_000;

/** Takes away what the kit keeps for a day only: answers to repeated requests, and files nobody imported. */
export const cleanKit: Schedule = {
  name: 'kit.clean',
  everyMs: 60 * 60_000,
  async run({ db, now }) {
    const before = new Date(now.getTime() - 86_400_000);
    const keys = await sql`
      DELETE FROM mes.idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT old.ctid FROM mes.idempotency_keys AS old
        WHERE old.organization_id = mes.current_organization_id() AND old.created_at < ${before} LIMIT ${BATCH}))`.execute(
      db,
    );
    const files = await sql`
      DELETE FROM mes.import_files
      WHERE import_files.organization_id = mes.current_organization_id() AND import_files.created_at < ${before}`.execute(
      db,
    );
    return Number(keys.numAffectedRows ?? 0) + Number(files.numAffectedRows ?? 0) >= BATCH;
  },
};
