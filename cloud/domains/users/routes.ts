// /users by the kit and by commands of their own, and /profile: what one changes of oneself.

import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor, type Context } from '../../platform/http/context.ts';
import { kindOf, updateRecord } from '../../platform/kit/commands.ts';
import { addResource } from '../../platform/kit/routes.ts';
import type { Mail } from '../../platform/mail/mail.ts';
import {
  checkPassword,
  checkPin,
  hashOf,
  hashPassword,
  newToken,
  personalSession,
  RESET_LINK_LIFETIME_S,
  RESET_PATH,
} from '../identity/index.ts';
import { usersFile } from './csv.ts';
import { users } from './resource.ts';
import { userRules } from './rules.ts';
import * as schema from './schema.ts';
import * as service from './service.ts';

export interface UsersOptions {
  readonly db: Database;
  readonly mail: Mail;
}

const tags = ['users'];
const updating = { permission: 'users.update', scope: 'organization' } as const;
const nothing = { 204: Type.Null() };

export const usersRoutes: FastifyPluginAsyncTypebox<UsersOptions> = async (app, { db, mail }) => {
  const run = <T>(request: FastifyRequest, work: (ctx: Context) => Promise<T>) => asActor({ db, request }, work);
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  addResource(app, { db, kind: kindOf(users, userRules, usersFile(mail)) });

  app.post(
    '/users',
    {
      config: { permission: 'users.create', scope: 'organization' },
      schema: {
        tags,
        summary: 'Make a user, with e-mail, badge, both or neither, and first roles',
        description:
          'Somebody with an e-mail address and no password is invited: a letter brings a link, good for seven days, to set one. Where no mail is configured, make a link (POST /users/{id}/reset-link) and hand it over.',
        body: schema.CreateUserBody,
        response: { 201: schema.CreatedUser },
      },
    },
    async (request, reply) => {
      const { password, pin, email = null, displayName } = request.body;
      if (password !== undefined) checkPassword(password, { field: 'password', own: [email, displayName] });
      if (pin !== undefined) checkPin(pin, 'pin');
      const hashes = {
        passwordHash: password === undefined ? null : await hashPassword(password),
        pinHash: pin === undefined ? null : await hashPassword(pin),
      };
      const user = await run(request, async (ctx) => {
        const made = await service.createUser(ctx, { body: request.body, hashes });
        const wanting = email !== null && password === undefined && !made.known;
        return { ...made.user, invitation: wanting ? await service.invite(ctx, { mail, user: made.user }) : null };
      });
      return reply.code(201).header('location', `/api/v1/users/${user.id}`).send(user);
    },
  );

  app.get(
    '/users/:id/sign-in',
    {
      config: { permission: 'users.read', scope: 'organization' },
      schema: {
        tags,
        summary: 'How a user can sign in',
        params: schema.UserParams,
        response: { 200: schema.SignInState },
      },
    },
    (request) => run(request, (ctx) => service.readSignInState(ctx, request.params.id)),
  );

  app.put(
    '/users/:id/pin',
    {
      config: updating,
      schema: {
        tags,
        summary: 'Set or take away a PIN',
        params: schema.UserParams,
        body: schema.PinBody,
        response: nothing,
      },
    },
    async (request, reply) => {
      const { pin, reason } = request.body;
      if (pin !== null) checkPin(pin, 'pin');
      const hash = pin === null ? null : await hashPassword(pin);
      await run(request, (ctx) => service.setPin(ctx, { id: request.params.id, hash, reason }));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/users/:id/reset-link',
    {
      config: { ...updating, secretAnswer: true },
      schema: {
        tags,
        summary: `A one-time link to set a password, good for ${RESET_LINK_LIFETIME_S / 60} minutes`,
        params: schema.UserParams,
        body: schema.ResetLinkBody,
        response: { 200: schema.ResetLink },
      },
    },
    (request) => {
      const token = newToken();
      const { by, reason } = request.body;
      const { id } = request.params;
      return run(request, async (ctx) => {
        const { user, expiresAt } = await service.makeResetLink(ctx, { id, tokenHash: hashOf(token), by, reason });
        if (by === 'mail') {
          const letter = { mail, user, token, template: 'reset_link', lifetimeS: RESET_LINK_LIFETIME_S } as const;
          await service.sendLink(ctx, letter);
        }
        return { path: by === 'link' ? RESET_PATH + token : null, expiresAt };
      });
    },
  );

  for (const [action, summary, work] of [
    ['unlock', 'Let a user try again at once after too many failed sign-ins', service.unlock],
    ['sign-out', 'End all sessions of a user', service.signOutUser],
  ] as const) {
    app.post(
      `/users/:id/${action}`,
      { config: updating, schema: { tags, summary, params: schema.UserParams, response: nothing } },
      async (request, reply) => {
        await run(request, (ctx) => work(ctx, request.params.id));
        return reply.code(204).send(null);
      },
    );
  }

  addProfile(app, { db });
};

function addProfile(plain: FastifyInstance, { db }: { db: Database }): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const config = { permission: 'session.own' } as const;
  const response = { 200: schema.Profile };

  app.get('/profile', { config, schema: { tags, summary: 'Oneself', response } }, (request) =>
    asActor({ db, request }, async (ctx) => service.getUser(ctx, (await personalSession(ctx)).userId)),
  );

  app.patch(
    '/profile',
    {
      config,
      schema: { tags, summary: 'Change the own name, language and time format', body: schema.ProfileBody, response },
    },
    (request) =>
      asActor({ db, request }, async (ctx) => {
        const { version, ...fields } = request.body;
        const { userId: id } = await personalSession(ctx);
        return (await updateRecord(ctx, kindOf(users), { id, version, fields })) as service.User;
      }),
  );
}
