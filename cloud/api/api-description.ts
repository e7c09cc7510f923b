// The API described by its own schemas: OpenAPI at /api/v1/openapi.json, to be browsed at /api/docs.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';

const description: FastifyPluginAsync = async (app) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Unison MES',
        version: '1',
        description:
          'Errors are problem details (RFC 9457). Times are ISO 8601; the live stream has milliseconds since 1970.',
      },
      components: { securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ accessToken: [] }],
    },
    transform: ({ schema, url, route }) => {
      const open = route.config?.permission === 'public';
      return { schema: open ? { ...schema, security: [] } : schema, url };
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    uiConfig: { url: '/api/v1/openapi.json', persistAuthorization: false },
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'self'",
  });
};

/** For the whole app, not for a scope of its own. */
export const apiDescription = Object.assign(description, { [Symbol.for('skip-override')]: true });

export function addApiDescription(api: FastifyInstance): void {
  api.get('/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, async () => api.swagger());
}
