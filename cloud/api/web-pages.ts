// The built web pages: files by their names, and index.html for every other path, since the pages find
// their way by the URL themselves.

import { existsSync } from 'node:fs';
import path from 'node:path';
import serveStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../platform/errors.ts';

/** Files under it carry their content's hash in their names. */
const HASHED = 'assets/';
/** The route of them all. */
export const PAGES = '/*';

export async function addWebPages(app: FastifyInstance, directory: string | null): Promise<void> {
  if (directory === null) return;
  const root = path.resolve(directory);
  await app.register(serveStatic, { root, serve: false });
  app.get<{ Params: { '*': string } }>(
    PAGES,
    { config: { permission: 'public' }, schema: { hide: true } },
    (request, reply) => {
      const wanted = request.params['*'];
      if (/^(api|internal)(\/|$)/.test(wanted)) {
        throw new DomainError('not_found', `There is nothing at ${request.method} /${wanted}.`);
      }
      if (path.extname(wanted) === '') {
        if (!existsSync(path.join(root, 'index.html'))) {
          throw new DomainError('unavailable', 'The pages are not built: run npm run build, or npm start.');
        }
        return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
      }
      const hashed = wanted.startsWith(HASHED);
      return reply.sendFile(wanted, hashed ? { maxAge: '365d', immutable: true } : { maxAge: 0 });
    },
  );
}
