// What units offer beside the kit's routes: the starter set.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Strict } from '../../platform/http/schema.ts';
import { configOf } from '../../platform/kit/resource.ts';
import { units } from './resource.ts';
import { takeStarterUnits } from './service.ts';

export const unitsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.post(
    `/${units.name}/starter`,
    {
      config: configOf(units, 'create'),
      schema: {
        tags: [units.name],
        summary: 'Make the usual units (pcs, kg, l, h …) that are not there yet, and the conversions between them',
        body: Strict({ language: Type.Enum(['en', 'de'], { description: 'Of their names' }) }),
        response: { 200: Type.Object({ created: Type.Array(Type.String(), { description: 'Codes' }) }) },
      },
    },
    (request) => asActor({ db, request }, (ctx) => takeStarterUnits(ctx, request.body.language)),
  );
};
