// CSV in and out over HTTP: the export streams with the list's own filters; the import takes the file as
// the body, and as a dry run says what it would do.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Database } from '../database.ts';
import { DomainError } from '../errors.ts';
import { asActor } from '../http/context.ts';
import type { Kind } from './commands.ts';
import { MAX_CSV_BYTES, printHeader, printRows } from './csv.ts';
import { type ImportReport, importCsv } from './import.ts';
import { enqueueImport } from './import-job.ts';
import { allRecords, attributeNames, type ListQuery } from './list.ts';
import { configOf, offers } from './resource.ts';
import { listSchema, MAX_PAGE } from './schemas.ts';

const MAX_EXPORTED_ROWS = 1_000_000;

const Report = Type.Object({
  rows: Type.Integer(),
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  faults: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'As an editor counts; 1 is the header' }),
      column: Type.Union([Type.String(), Type.Null()]),
      message: Type.String(),
      code: Type.Optional(Type.String({ description: 'What is wrong, for programs' })),
      params: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
  ),
  moreFaults: Type.Integer(),
  faultyRows: Type.Integer({ description: 'How many lines have a fault' }),
});

const Waiting = Type.Object({ jobId: Type.String({ description: 'GET /jobs/{id} shows how far it is' }) });

/** Lines up to which an import is done while the sender waits. */
const DONE_AT_ONCE_LINES = 2_000;

function isLarge(bytes: Uint8Array): boolean {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0 && lines <= DONE_AT_ONCE_LINES; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines > DONE_AT_ONCE_LINES;
}

/** Carries the report of an import that must leave no trace out of its transaction. */
class RolledBack extends Error {
  readonly report: ImportReport;

  constructor(report: ImportReport) {
    super('rolled back');
    this.report = report;
  }
}

export function addCsvRoutes(app: FastifyInstance, { kind, db }: { kind: Kind; db: Database }): void {
  const { resource } = kind;
  if (offers(resource, 'export')) {
    app.get(
      `/${resource.name}/export.csv`,
      {
        config: configOf(resource, 'read'),
        schema: {
          tags: [resource.name],
          summary: `All ${resource.name} that match, as CSV`,
          querystring: listSchema(resource),
          produces: ['text/csv'],
        },
      },
      (request, reply) =>
        reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${resource.name}.csv"`)
          .send(exportCsv({ kind, db, request })),
    );
  }
  if (offers(resource, 'import')) addImport(app, { kind, db });
}

function addImport(app: FastifyInstance, { kind, db }: { kind: Kind; db: Database }): void {
  const { resource } = kind;
  app.post(
    `/${resource.name}/import`,
    {
      bodyLimit: MAX_CSV_BYTES,
      config: configOf(resource, 'import'),
      schema: {
        tags: [resource.name],
        summary: `Import ${resource.name} from CSV: the whole file or nothing`,
        consumes: ['text/csv'],
        querystring: Type.Object(
          { dryRun: Type.Boolean({ default: false, description: 'Check the file and change nothing' }) },
          { additionalProperties: false },
        ),
        response: { 200: Report, 202: Waiting, 422: Report },
      },
    },
    async (request, reply) => {
      const { dryRun } = request.query as { dryRun: boolean };
      const bytes = request.body;
      if (!(bytes instanceof Uint8Array))
        throw new DomainError('unsupported_media_type', 'Send the file as the body, with the content type text/csv.');
      if (!dryRun && !kind.file && isLarge(bytes)) {
        const jobId = await asActor({ db, request }, (ctx) => enqueueImport(ctx, resource, bytes));
        return reply.code(202).header('location', `/api/v1/jobs/${jobId}`).send({ jobId });
      }
      try {
        return await asActor({ db, request }, async (ctx) => {
          const report = kind.file
            ? await kind.file.take(ctx, bytes)
            : await importCsv(ctx, kind, { bytes, progress: () => {} });
          if (dryRun || report.faults.length > 0) throw new RolledBack(report);
          return report;
        });
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error;
        return reply.code(dryRun ? 200 : 422).send(error.report);
      }
    },
  );
}

/** The rows come out of one transaction, a page at a time, as fast as the reader takes them. */
function exportCsv({ kind, db, request }: { kind: Kind; db: Database; request: FastifyRequest }): Readable {
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter();
  void asActor({ db, request }, async (ctx) => {
    const { resource, file } = kind;
    const attributes = await attributeNames(ctx, resource);
    const printed = file?.resource ?? resource;
    await writer.write(printHeader(printed, attributes));
    const options = { query: request.query as ListQuery, most: MAX_EXPORTED_ROWS, pageSize: MAX_PAGE };
    for await (const records of allRecords(ctx, resource, options))
      await writer.write(printRows(printed, file ? await file.complete(ctx, records) : records, attributes));
  })
    .then(
      () => writer.close(),
      (error: unknown) => writer.abort(error),
    )
    .catch(() => {
      // The reader went away; there is nobody left to tell.
    });
  return Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0]);
}
