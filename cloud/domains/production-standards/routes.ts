// What standards offer beside the kit's routes: which one holds.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../../platform/http/schema.ts';
import { configOf } from '../../platform/kit/resource.ts';
import { standardAt } from './queries.ts';
import { productionStandards } from './resource.ts';

const Query = Strict({
  machineId: Id,
  materialId: Id,
  operation: Type.String({ maxLength: 50, pattern: ONE_LINE, default: '' }),
  at: Type.Optional(Instant),
});

const Answer = Type.Object({
  standard: Nullable(
    Type.Object({
      id: Id,
      operation: Type.String({ description: 'Empty: the one for any operation' }),
      validFrom: Type.String(),
      idealCycle: Type.String({ description: 'Seconds a piece, decimal' }),
      piecesPerCount: Type.String({ description: 'Decimal' }),
    }),
  ),
});

export const productionStandardsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    `/${productionStandards.name}/effective`,
    {
      config: configOf(productionStandards, 'read'),
      schema: {
        tags: [productionStandards.name],
        summary: 'Which standard holds for a machine that makes a material, now or at another time; null: none',
        querystring: Query,
        response: { 200: Answer },
      },
    },
    (request) => {
      const { machineId, materialId, operation, at } = request.query;
      return asActor({ db, request }, async (ctx) => ({
        standard: await standardAt(ctx, {
          machineId,
          materialId,
          operation,
          instant: at === undefined ? ctx.now : new Date(at),
        }),
      }));
    },
  );
};
