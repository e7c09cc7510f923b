// /auth: a new password, a new PIN, and the way back in for who has forgotten.

import { setTimeout as sleep } from 'node:timers/promises';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { actorOf } from '../../platform/http/authentication.ts';
import { asActor } from '../../platform/http/context.ts';
import type { Mail } from '../../platform/mail/mail.ts';
import { clearRefreshCookie } from './cookies.ts';
import {
  type AsActor,
  changePassword,
  changePin,
  forgotPassword,
  RESET_LINK_LIFETIME_S,
  requireMail,
  resetPassword,
} from './own-account.ts';
import { ChangePasswordBody, ChangePinBody, ForgotPasswordBody, ResetPasswordBody } from './schema.ts';

const tags = ['identity'];
const nothing = { 204: Type.Null() };
/** The answer waits so long, so that its time does not tell whether anybody has the address. */
const FORGOT_ANSWER_MS = 300;

export function addPasswordRoutes(plain: FastifyInstance, { db, mail }: { db: Database; mail: Mail }): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const runAs =
    (request: FastifyRequest): AsActor =>
    (work) =>
      asActor({ db, request }, work);

  app.post(
    '/auth/change-password',
    {
      config: { permission: 'session.own' },
      schema: {
        tags,
        summary: 'Change the own password; all other sessions of the person end',
        body: ChangePasswordBody,
        response: nothing,
      },
    },
    async (request, reply) => {
      const { sessionId } = actorOf(request);
      await changePassword({ db, run: runAs(request), sessionId, body: request.body });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/change-pin',
    {
      config: { permission: 'session.own' },
      schema: { tags, summary: 'Change the own PIN for paired tablets', body: ChangePinBody, response: nothing },
    },
    async (request, reply) => {
      const { sessionId } = actorOf(request);
      await changePin({ db, run: runAs(request), sessionId, body: request.body });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/forgot-password',
    {
      config: { permission: 'public' },
      schema: {
        tags,
        summary: `Mail a one-time link, good for ${RESET_LINK_LIFETIME_S / 60} minutes, to whoever has this address`,
        body: ForgotPasswordBody,
        response: nothing,
      },
    },
    async (request, reply) => {
      const { email } = request.body;
      requireMail(mail);
      await Promise.all([forgotPassword({ db, mail, email, requestId: request.id }), sleep(FORGOT_ANSWER_MS)]);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/reset-password',
    {
      config: { permission: 'public' },
      schema: {
        tags,
        summary: 'Set a password with a one-time link; all sessions of the person end',
        body: ResetPasswordBody,
        response: nothing,
      },
    },
    async (request, reply) => {
      await resetPassword(db, { ...request.body, requestId: request.id });
      clearRefreshCookie(reply);
      return reply.code(204).send(null);
    },
  );
}
