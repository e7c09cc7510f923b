// What conversions are for: one quantity in another unit.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id, Strict } from '../../platform/http/schema.ts';
import { configOf } from '../../platform/kit/resource.ts';
import { unitConversions } from './resource.ts';
import { convert } from './service.ts';

const Query = Strict({
  quantity: Type.String({ pattern: '^-?\\d{1,15}(\\.\\d{1,15})?$', description: 'Decimal, such as 12.5' }),
  from: Id,
  to: Id,
  materialId: Type.Optional(Id),
});

const Answer = Type.Object({
  quantity: Type.String({ description: 'Decimal' }),
  exact: Type.Boolean({ description: 'False: rounded to 12 digits after the point' }),
  path: Type.Array(Type.String(), { description: 'Codes of the units on the way' }),
});

export const unitConversionsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    `/${unitConversions.name}/convert`,
    {
      config: configOf(unitConversions, 'read'),
      schema: {
        tags: [unitConversions.name],
        summary:
          'A quantity in another unit, in general or for a material; 409 when the conversions contradict each other',
        querystring: Query,
        response: { 200: Answer },
      },
    },
    (request) => {
      const { quantity, from, to, materialId = null } = request.query;
      return asActor({ db, request }, (ctx) => convert(ctx, { quantity, from, to, materialId }));
    },
  );
};
