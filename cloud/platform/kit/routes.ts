// The routes of a resource, as its declaration says: list, get, history, create, update, archive, restore.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Database } from '../database.ts';
import { asActor, type Context } from '../http/context.ts';
import { createRecord, getRecord, type Kind, setArchived, updateRecord } from './commands.ts';
import { addCsvRoutes } from './csv-routes.ts';
import { readHistory } from './history.ts';
import { type ListQuery, listRecords } from './list.ts';
import { configOf, fieldsOf, offers } from './resource.ts';
import type { Values } from './rows.ts';
import * as schemas from './schemas.ts';

/** Adds the routes of these resources, and the reader of CSV bodies. */
export async function addResources(
  app: FastifyInstance,
  { kinds, db }: { kinds: readonly Kind[]; db: Database },
): Promise<void> {
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  for (const kind of kinds) addResource(app, { kind, db });
}

/** Adds the routes of a resource under `/<name>`. Domains add their own beside it. */
export function addResource(app: FastifyInstance, { kind, db }: { kind: Kind; db: Database }): void {
  const { resource } = kind;
  const run = <T>(request: FastifyRequest, work: (ctx: Context) => Promise<T>) => asActor({ db, request }, work);
  const record = schemas.recordSchema(resource);
  const base = `/${resource.name}`;
  const tags = [resource.name];
  const idOf = (request: FastifyRequest): number => (request.params as { id: number }).id;

  if (offers(resource, 'list')) {
    app.get(
      base,
      {
        config: configOf(resource, 'read'),
        schema: {
          tags,
          summary: `List ${resource.name}${fieldsOf(resource).some(([, { kind: of }]) => of === 'attributes') ? '; attributes.<name>=<value> filters by an attribute' : ''}`,
          querystring: schemas.listSchema(resource),
          response: { 200: schemas.pageSchema(resource) },
        },
      },
      (request) => run(request, (ctx) => listRecords(ctx, resource, request.query as ListQuery)),
    );
  }
  if (offers(resource, 'get')) {
    app.get(
      `${base}/:id`,
      {
        config: configOf(resource, 'read'),
        schema: { tags, summary: `One ${resource.singular}`, params: schemas.RecordParams, response: { 200: record } },
      },
      (request) => run(request, (ctx) => getRecord(ctx, resource, idOf(request))),
    );
    app.get(
      `${base}/:id/history`,
      {
        config: configOf(resource, 'read'),
        schema: {
          tags,
          summary: `Who changed this ${resource.singular}, newest first`,
          params: schemas.RecordParams,
          querystring: schemas.HistoryQuery,
          response: { 200: schemas.History },
        },
      },
      (request) =>
        run(request, async (ctx) => {
          const id = idOf(request);
          await getRecord(ctx, resource, id);
          const { limit, before } = request.query as { limit: number; before?: number };
          return readHistory(ctx, { entity: resource.name, entityId: id, limit, before });
        }),
    );
  }
  if (offers(resource, 'create')) {
    app.post(
      base,
      {
        config: configOf(resource, 'create'),
        schema: {
          tags,
          summary: `Make a ${resource.singular}`,
          body: schemas.createSchema(resource),
          response: { 201: record },
        },
      },
      async (request, reply) => {
        const made = await run(request, (ctx) => createRecord(ctx, kind, request.body as Values));
        return reply.code(201).header('location', `/api/v1${base}/${made.id}`).send(made);
      },
    );
  }
  if (offers(resource, 'update')) addUpdate(app, { kind, db });
  if (offers(resource, 'archive')) addArchive(app, { kind, db });
  addCsvRoutes(app, { kind, db });
}

function addUpdate(app: FastifyInstance, { kind, db }: { kind: Kind; db: Database }): void {
  const { resource } = kind;
  app.patch(
    `/${resource.name}/:id`,
    {
      config: configOf(resource, 'update'),
      schema: {
        tags: [resource.name],
        summary: `Change a ${resource.singular}; 409 when somebody else did since`,
        params: schemas.RecordParams,
        body: schemas.updateSchema(resource),
        response: { 200: schemas.recordSchema(resource) },
      },
    },
    (request) => {
      const { version, reason, ...fields } = request.body as { version: number; reason?: string };
      const { id } = request.params as { id: number };
      return asActor({ db, request }, (ctx) => updateRecord(ctx, kind, { id, version, reason, fields }));
    },
  );
}

function addArchive(app: FastifyInstance, { kind, db }: { kind: Kind; db: Database }): void {
  const { resource } = kind;
  const config = configOf(resource, 'archive');
  const response = { 200: schemas.recordSchema(resource) };
  app.delete(
    `/${resource.name}/:id`,
    {
      config,
      schema: {
        tags: [resource.name],
        summary: `Archive a ${resource.singular}; restore brings it back`,
        params: schemas.RecordParams,
        querystring: schemas.ArchiveQuery,
        response,
      },
    },
    (request) => {
      const { id } = request.params as { id: number };
      const { version, reason } = request.query as { version: number; reason?: string };
      return asActor({ db, request }, (ctx) => setArchived(ctx, kind, { id, version, reason, archived: true }));
    },
  );
  app.post(
    `/${resource.name}/:id/restore`,
    {
      config,
      schema: {
        tags: [resource.name],
        summary: `Bring an archived ${resource.singular} back`,
        params: schemas.RecordParams,
        body: schemas.RestoreBody,
        response,
      },
    },
    (request) => {
      const { id } = request.params as { id: number };
      const { version, reason } = request.body as { version: number; reason?: string };
      return asActor({ db, request }, (ctx) => setArchived(ctx, kind, { id, version, reason, archived: false }));
    },
  );
}
