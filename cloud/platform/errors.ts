// What can go wrong for a reason the user can do something about, and what HTTP says then (RFC 9457).
// Everything else is a fault of ours: logged with its cause, answered with the request id.

import type { Fault, FieldError } from './faults.ts';

export type { FieldError };

/** Every code a domain may throw, with its HTTP status and the title of its kind. */
const kinds = {
  invalid_request: [400, 'The request is not valid'],
  not_signed_in: [401, 'Not signed in'],
  wrong_credentials: [401, 'E-mail or password is wrong'],
  session_ended: [401, 'The session has ended'],
  forbidden: [403, 'Not allowed'],
  not_found: [404, 'Not found'],
  conflict: [409, 'In conflict with what is there'],
  too_large: [413, 'Too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  too_many: [429, 'Too many at once'],
  locked_out: [429, 'Too many failed attempts'],
  internal: [500, 'Something went wrong on the server'],
  timeout: [503, 'It took too long'],
  unavailable: [503, 'Not available'],
} as const;

export type ErrorCode = keyof typeof kinds;

/** Thrown by domains; `message` tells the user what to do. */
export class DomainError extends Error {
  override name = 'DomainError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A request that does not fit its schema. */
export class InvalidRequest extends DomainError {
  readonly fields: readonly FieldError[];

  constructor(fields: readonly FieldError[]) {
    super('invalid_request', `${fields.map((field) => `${field.path} ${field.message}`).join('; ')}.`);
    this.fields = fields;
  }
}

/** Like a DomainError, with a code of its own: screens say it in their language. */
export class Refusal extends DomainError {
  readonly wrong: Fault;

  constructor(code: ErrorCode, wrong: Fault, options?: ErrorOptions) {
    super(code, wrong.message, options);
    this.wrong = wrong;
  }
}

/** What stands against a change. */
export class Conflict extends Refusal {
  constructor(wrong: Fault, options?: ErrorOptions) {
    super('conflict', wrong, options);
  }
}

/** The body of an error answer, `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

/** Codes of Fastify and PostgreSQL that stand for something the user did or can wait out. */
const translated: Readonly<Record<string, { code: ErrorCode; detail?: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large' },
  FST_ERR_BAD_URL: {
    code: 'invalid_request',
    detail: 'The address cannot be read: a % in it stands for no character.',
  },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', detail: 'There is nothing with so long an id.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type', detail: 'Send application/json.' },
  '22003': { code: 'invalid_request', detail: 'A number is larger than its field holds.' },
  '22007': { code: 'invalid_request', detail: 'A date or time cannot be read.' },
  '22008': { code: 'invalid_request', detail: 'A date or time does not exist.' },
  '22021': { code: 'invalid_request', detail: 'A text holds the character NUL, which the database does not keep.' },
  '22P02': { code: 'invalid_request', detail: 'A value cannot be read as what its field holds.' },
  '40P01': {
    code: 'conflict',
    detail: 'Somebody else was changing the same at this moment. Load it again, then make your change.',
  },
  '57014': { code: 'timeout', detail: 'The database took too long. Ask for a shorter period.' },
};

/** Codes of sockets and of PostgreSQL when it is not there, goes, comes, or has no connection left. */
const away = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '08000',
  '08003',
  '08006',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);
/** The pool's own errors have no code: nobody gave a connection in time, or it ended under way. */
const connectionLost = /^timeout exceeded when trying to connect|^Connection terminated/;

/** The problem that an error is answered with, and whether it must be logged as a fault of ours. */
export function toProblem(error: unknown, requestId: string): { problem: Problem; fault: boolean } {
  if (error instanceof DomainError) {
    const problem = describe(error.code, error.message, requestId);
    const errors = partsOf(error);
    return { problem: errors ? { ...problem, errors } : problem, fault: false };
  }
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown };
  const known = typeof code === 'string' ? translated[code] : undefined;
  if (known) return { problem: describe(known.code, known.detail ?? String(message), requestId), fault: false };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { problem: describe('invalid_request', String(message), requestId), fault: false };
  }
  if (away.has(String(code)) || connectionLost.test(String(message))) {
    const detail = 'The database cannot be reached, or is too busy. Try again in a few seconds.';
    return { problem: describe('unavailable', detail, requestId), fault: true };
  }
  const detail = `Try again. If it stays, give your administrator the request id ${requestId}.`;
  return { problem: describe('internal', detail, requestId), fault: true };
}

function partsOf(error: DomainError): readonly FieldError[] | null {
  if (error instanceof InvalidRequest) return error.fields;
  return error instanceof Refusal ? [{ path: 'body', ...error.wrong }] : null;
}

function describe(code: ErrorCode, detail: string, requestId: string): Problem {
  const [status, title] = kinds[code];
  return { type: `urn:unison:problem:${code}`, title, status, detail, code, requestId };
}
