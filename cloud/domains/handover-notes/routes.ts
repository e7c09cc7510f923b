// /handover-notes: what one shift tells the next.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import { listNotes } from './queries.ts';
import * as schema from './schema.ts';
import { correctNote, writeNote } from './service.ts';

const tags = ['shift-reports'];
const create = { permission: 'handover-notes.create' } as const;

export const handoverNotesRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    '/handover-notes',
    {
      config: { permission: 'handover-notes.read' },
      schema: {
        tags,
        summary: 'Notes of a shift, also those that were corrected',
        querystring: schema.NotesQuery,
        response: { 200: schema.Notes },
      },
    },
    (request) => asActor({ db, request }, async (ctx) => ({ items: await listNotes(ctx, request.query) })),
  );
  app.post(
    '/handover-notes',
    {
      config: create,
      schema: {
        tags,
        summary: 'Write a note on a shift, for whoever comes next',
        body: schema.NoteBody,
        response: { 201: schema.Note },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await asActor({ db, request }, (ctx) => writeNote(ctx, request.body))),
  );
  app.post(
    '/handover-notes/:id/correction',
    {
      config: create,
      schema: {
        tags,
        summary: 'A note that replaces this one; both stay readable',
        params: Type.Object({ id: Id }),
        body: schema.CorrectionBody,
        response: { 201: schema.Note },
      },
    },
    async (request, reply) => {
      const work = (ctx: Parameters<typeof correctNote>[0]) => correctNote(ctx, request.params.id, request.body.text);
      return reply.code(201).send(await asActor({ db, request }, work));
    },
  );
};
