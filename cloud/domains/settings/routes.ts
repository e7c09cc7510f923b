// /settings: the settings of one's organisation.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Database } from '../../platform/database.ts';
import { InvalidRequest } from '../../platform/errors.ts';
import { asActor } from '../../platform/http/context.ts';
import { Strict } from '../../platform/http/schema.ts';
import { type Setting, type SettingKey, settings } from './declarations.ts';
import { changeSetting, listSettings } from './service.ts';

const keys = Object.keys(settings) as SettingKey[];
const Answer = Type.Object({
  key: Type.String(),
  value: Type.Union([Type.String(), Type.Integer()]),
  version: Type.Integer({ description: '0: nobody has set it' }),
  isDefault: Type.Boolean(),
});
const Change = Strict({
  value: Type.Union([Type.String({ maxLength: 1_000, pattern: '^[^\\u0000]*$' }), Type.Integer()]),
  version: Type.Integer({ minimum: 0 }),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
});

export const settingsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = ['settings'];
  app.get(
    '/settings',
    {
      config: { permission: 'settings.read', scope: 'organization' },
      schema: {
        tags,
        summary: 'All settings, with their defaults',
        response: { 200: Type.Object({ items: Type.Array(Answer) }) },
      },
    },
    (request) => asActor({ db, request }, async (ctx) => ({ items: await listSettings(ctx) })),
  );
  app.put(
    '/settings/:key',
    {
      config: { permission: 'settings.update', scope: 'organization' },
      schema: {
        tags,
        summary: 'Change a setting; 409 when somebody else did since',
        params: Type.Object({ key: Type.Enum(keys) }),
        body: Change,
        response: { 200: Answer },
      },
    },
    (request) => {
      const { key } = request.params;
      checkValue(key, request.body.value);
      return asActor({ db, request }, (ctx) => changeSetting(ctx, { key, ...request.body }));
    },
  );
};

function schemaOf(setting: Setting): TSchema {
  switch (setting.kind) {
    case 'choice':
      return Type.Enum([...setting.choices]);
    case 'integer':
      return Type.Integer({ minimum: setting.minimum, maximum: setting.maximum });
    case 'text':
      return Type.String({ maxLength: setting.maxLength });
  }
}

function checkValue(key: SettingKey, value: unknown): void {
  const schema = schemaOf(settings[key]);
  if (Value.Check(schema, value)) return;
  const { kind } = settings[key];
  const message =
    kind === 'choice'
      ? `must be one of ${settings[key].choices.join(', ')}`
      : (Value.Errors(schema, value)[0]?.message ?? 'is wrong');
  throw new InvalidRequest([{ path: 'body/value', message }]);
}
