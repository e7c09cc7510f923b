// The two cookies: of a session (its refresh token) and of a paired device. Scripts cannot read them,
// other sites cannot send them, and they travel only to the paths that need them. As a second wall,
// whoever changes something through them must come from our own pages (OWASP ASVS 5.0, 3.5).

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../platform/errors.ts';

const REFRESH = 'unison_refresh';
const REFRESH_PATH = '/api/v1/auth';
const DEVICE = 'unison_device';
/** To sign in on the device, and to ask who may. */
const DEVICE_PATHS = ['/api/v1/auth', '/api/v1/device'];

export function refreshToken(request: FastifyRequest): string | undefined {
  return request.cookies[REFRESH];
}

export function setRefreshCookie(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { token, maxAgeS }: { token: string; maxAgeS: number },
): void {
  reply.setCookie(REFRESH, token, { ...common(request), path: REFRESH_PATH, maxAge: maxAgeS });
}

export function clearRefreshCookie(reply: FastifyReply): void {
  reply.clearCookie(REFRESH, { path: REFRESH_PATH });
}

export function deviceToken(request: FastifyRequest): string | undefined {
  return request.cookies[DEVICE];
}

export function setDeviceCookie(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { token, maxAgeS }: { token: string; maxAgeS: number },
): void {
  for (const path of DEVICE_PATHS) reply.setCookie(DEVICE, token, { ...common(request), path, maxAge: maxAgeS });
}

export function clearDeviceCookie(reply: FastifyReply): void {
  for (const path of DEVICE_PATHS) reply.clearCookie(DEVICE, { path });
}

function common(request: FastifyRequest) {
  return { httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const;
}

/** Refuses, in this scope, commands that a browser sends for a page of another site. */
export function refuseForeignPages(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  app.addHook('onRequest', async (request) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return;
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const ours =
      origin === undefined
        ? site === undefined || site === 'same-origin' || site === 'none'
        : allowedOrigins.includes(origin) || hostOf(origin) === host;
    if (!ours) {
      throw new DomainError('forbidden', 'This comes from a page of another site. Open Unison itself and try again.');
    }
  });
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
