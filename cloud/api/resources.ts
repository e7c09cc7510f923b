// The plain domains of the API: each is a declaration and the rules it adds. A new one is a line here.

import type { FastifyInstance } from 'fastify';
import { departments } from '../domains/departments/index.ts';
import { organizations } from '../domains/organizations/index.ts';
import { plantRules, plants } from '../domains/plants/index.ts';
import type { Database } from '../platform/database.ts';
import { addResource } from '../platform/kit/routes.ts';

export function addResources(api: FastifyInstance, { db }: { db: Database }): void {
  api.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  addResource(api, { db, resource: organizations });
  addResource(api, { db, resource: plants, rules: plantRules });
  addResource(api, { db, resource: departments });
}
