// The reasons to begin with, over HTTP; all else about loss reasons is the kit's.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { kindOf } from '../../platform/kit/commands.ts';
import { configOf } from '../../platform/kit/resource.ts';
import type { AnyRecord } from '../../platform/kit/rows.ts';
import { recordSchema } from '../../platform/kit/schemas.ts';
import { lossReasons } from './resource.ts';
import { lossReasonRules } from './rules.ts';
import { loadStarter } from './service.ts';

const Answer = Type.Object({
  created: Type.Array(Type.Unsafe<AnyRecord>(recordSchema(lossReasons))),
  there: Type.Integer({ description: 'How many were there already, archived or not' }),
});

export const lossReasonsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const kind = kindOf(lossReasons, lossReasonRules);
  app.post(
    '/loss-reasons/starter',
    {
      config: configOf(lossReasons, 'create'),
      schema: {
        tags: ['loss-reasons'],
        summary: 'Load 20 reasons to begin with; those whose code is there already are left as they are',
        response: { 200: Answer },
      },
    },
    (request) => asActor({ db, request }, (ctx) => loadStarter(ctx, kind)),
  );
};
