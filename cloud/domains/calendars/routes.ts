// /calendars beside the kit's: the rotation, starters and previews; overtime, holidays; /shift-instances.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import { RecordParams } from '../../platform/kit/schemas.ts';
import { readPlan, savePlan } from './plan.ts';
import * as schema from './schema.ts';
import { addHolidays, addOvertime, applyPattern, correct } from './service.ts';
import { listInstances, listVersions, previewCalendar } from './shown.ts';

export const calendarsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const calendars = { tags: ['calendars'] };
  const params = RecordParams;
  app.get(
    '/calendars/:id/plan',
    {
      config: { permission: 'calendars.read' },
      schema: { ...calendars, summary: 'The rotation of a calendar', params, response: { 200: schema.Plan } },
    },
    (request) => asActor({ db, request }, (ctx) => readPlan(ctx, request.params.id)),
  );
  app.put(
    '/calendars/:id/plan',
    {
      config: { permission: 'calendars.update' },
      schema: {
        ...calendars,
        summary:
          'Save the rotation as a whole; shifts to come follow it at once, 409 when somebody else did since or shifts overlap',
        params,
        body: schema.PlanBody,
        response: { 200: schema.Plan },
      },
    },
    (request) => asActor({ db, request }, (ctx) => savePlan(ctx, request.params.id, request.body)),
  );
  app.post(
    '/calendars/:id/apply-pattern',
    {
      config: { permission: 'calendars.update' },
      schema: {
        ...calendars,
        summary: 'Begin with a usual rotation: 3 × 8 h, 2 × 8 h, or four teams of 12 h',
        params,
        body: schema.PatternBody,
        response: { 200: schema.Plan },
      },
    },
    (request) => asActor({ db, request }, (ctx) => applyPattern(ctx, request.params.id, request.body)),
  );
  app.get(
    '/calendars/:id/preview',
    {
      config: { permission: 'calendars.read' },
      schema: {
        ...calendars,
        summary: "A calendar's shifts on these days, with how long each day is by the plant's clock",
        params,
        querystring: schema.PreviewQuery,
        response: { 200: schema.Preview },
      },
    },
    (request) => asActor({ db, request }, (ctx) => previewCalendar(ctx, { id: request.params.id, ...request.query })),
  );
  app.post(
    '/calendar-exceptions/holidays',
    {
      config: { permission: 'calendar-exceptions.create' },
      schema: {
        tags: ['calendar-exceptions'],
        summary: 'Add a list of holidays to a plant',
        body: schema.HolidaysBody,
        response: { 200: schema.HolidaysAnswer },
      },
    },
    (request) => asActor({ db, request }, (ctx) => addHolidays(ctx, request.body)),
  );
  app.post(
    '/shifts/overtime',
    {
      config: { permission: 'shifts.overtime' },
      schema: {
        tags: ['shifts'],
        summary: 'Make a shift longer or add one, for a machine, a lane or the plant',
        body: schema.OvertimeBody,
        response: { 201: Type.Object({ id: Id }, { description: 'The exception that was made' }) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await asActor({ db, request }, (ctx) => addOvertime(ctx, request.body))),
  );
  app.get(
    '/shift-instances',
    {
      config: { permission: 'shifts.read' },
      schema: {
        tags: ['shifts'],
        summary: 'Shifts of a machine that touch a time, in order',
        querystring: schema.InstancesQuery,
        response: { 200: schema.InstancePage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => listInstances(ctx, request.query)),
  );
  app.get(
    '/shift-instances/versions',
    {
      config: { permission: 'shifts.read' },
      schema: {
        tags: ['shifts'],
        summary: 'What past shifts of a machine were before they were corrected or cancelled, who did it and why',
        querystring: schema.VersionsQuery,
        response: { 200: schema.VersionPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => listVersions(ctx, request.query)),
  );
  app.post(
    '/shift-instances/correct',
    {
      config: { permission: 'shifts.correct' },
      schema: {
        tags: ['shifts'],
        summary: 'Make past shifts what the calendar says now, with a reason; their figures are made anew',
        body: schema.CorrectBody,
        response: { 200: schema.CorrectAnswer },
      },
    },
    (request) => asActor({ db, request }, (ctx) => correct(ctx, request.body)),
  );
};
