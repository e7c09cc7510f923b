// The API described by its own schemas: OpenAPI at /api/v1/openapi.json, to be browsed at /api/docs.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyContextConfig, FastifyInstance, FastifyPluginAsync } from 'fastify';
import Type from 'typebox';

const FieldError = Type.Object({
  path: Type.String({ description: 'Where it is: body/email' }),
  message: Type.String({ description: 'What it must be, in English, to be read after the name of the field' }),
  code: Type.Optional(Type.String({ description: 'What is wrong, for programs; a rule of a domain may have none' })),
  params: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'What belongs to the code: limit' })),
});

const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What to do about it' }),
    code: Type.String({ description: 'Stable, for programs' }),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(FieldError)),
  },
  { description: 'Problem details (RFC 9457)' },
);

/** What is answered by a route that says nothing of it: a file, a stream. */
function answerOf(produces: readonly string[]) {
  return {
    description: 'As the content type says',
    content: Object.fromEntries(produces.map((type) => [type, { schema: Type.String() }])),
  };
}

/** How a route can refuse; no route says so itself. */
function refusals({ permission, methods }: { permission: string | undefined; methods: readonly string[] }) {
  const asks = methods.every((method) => method === 'GET' || method === 'HEAD');
  const signedIn = permission !== 'public';
  const statuses = {
    400: [true, 'The request is not valid'],
    401: [true, 'Not signed in, or what proves it is wrong'],
    403: [signedIn || !asks, 'Not allowed'],
    404: [true, 'Not there, or not to be seen'],
    409: [!asks, 'In conflict with what is there'],
    413: [!asks, 'The body is too large'],
    415: [!asks, 'The body is of another type'],
    429: [true, 'Too many requests; Retry-After says when to go on'],
    503: [true, 'Not available now'],
  } as const;
  const possible = Object.entries(statuses).filter(([, [applies]]) => applies);
  return Object.fromEntries(
    possible.map(([status, [, description]]) => [
      status,
      { description, content: { 'application/problem+json': { schema: Problem } } },
    ]),
  );
}

const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'The request is carried out once: within a day the same key gets the same answer again',
    }),
  ),
});

/** A command that may be sent twice with a key; what answers with a secret keeps no answer. */
function takesKey({ permission, secretAnswer }: FastifyContextConfig, methods: readonly string[]): boolean {
  return methods.includes('POST') && permission !== 'public' && !secretAnswer;
}

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
      const { config = {} } = route;
      const { permission } = config;
      const methods = [route.method].flat();
      const { produces = ['application/json'], response = { 200: answerOf(produces) } } = schema ?? {};
      const described = {
        ...schema,
        ...(takesKey(config, methods) && { headers: IdempotencyKey }),
        response: { ...refusals({ permission, methods }), ...(response as object) },
      };
      return { schema: permission === 'public' ? { ...described, security: [] } : described, url };
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
