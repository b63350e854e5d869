/** The HTTP interface as an OpenAPI 3.1 document, served at `/openapi.json`. */

import { limits } from '@dsm/primitive';
import { healthReasons } from './health-reasons.ts';
import { problems, type Problem } from './reply.ts';

/** Statuses of one operation, by what each of them means. */
type Responses = Readonly<Record<number, object>>;

interface Operation {
  readonly summary: string;
  readonly responses: Responses;
  readonly [more: string]: unknown;
}

interface Methods {
  readonly get?: Operation;
  readonly put?: Operation;
  readonly post?: Operation;
}

/** Problem documents of one status, which its code tells apart. */
function problem(...codes: readonly Problem[]): Responses {
  const { status } = problems[codes[0]!];
  const content = {
    'application/problem+json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { properties: { code: { enum: codes }, status: { const: status } } },
        ],
      },
    },
  };
  const description = codes.map((code) => problems[code].title).join('; or: ');
  const isPassing = status === 429 || codes.includes('busy');
  const headers = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } };
  return { [status]: { description, content, ...(isPassing && { headers }) } };
}

function bytes(description: string): object {
  return { description, content: { 'application/octet-stream': {} } };
}

function json(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } };
}

/** What is answered where the node itself is asked. */
const unserved: Responses = problem('busy', 'closing', 'failed');
const body = (description: string): object => ({
  required: true,
  description,
  content: { 'application/octet-stream': {} },
});

const name = (of: string): object => ({
  name: 'name',
  in: 'path',
  required: true,
  description: `${of}, 32 bytes in base64url without padding`,
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$' },
});

const objects: Methods = {
  get: {
    summary: 'The bytes of an object',
    responses: {
      200: bytes('The bytes; check them against the name'),
      206: bytes('The range of bytes that was asked for'),
      304: { description: 'The client has it: an object never changes' },
      ...problem('name'),
      ...problem('absent'),
      ...problem('range'),
      ...unserved,
    },
  },
  put: {
    summary: 'Keep an object',
    requestBody: body(`At most ${limits.objectBytesMax} bytes`),
    responses: {
      200: { description: 'Kept already' },
      201: { description: 'Kept now, durably' },
      ...problem('name', 'mismatch'),
      ...problem('unpaid'),
      ...problem('length'),
      ...unserved,
      ...problem('full'),
    },
  },
};

const slots: Methods = {
  get: {
    summary: 'The values of a slot and the vote of the node on the first',
    responses: {
      200: bytes('An encoded slotState (docs/spec/slot.md)'),
      ...problem('name'),
      ...problem('absent'),
      ...unserved,
    },
  },
  put: {
    summary: 'Write a slot',
    requestBody: body(`An encoded slotWrite, at most ${limits.slotWriteBytesMax} bytes`),
    responses: {
      200: bytes('An encoded slotState: check whose value comes first'),
      ...problem('name', 'mismatch'),
      ...problem('unpaid'),
      ...problem('length'),
      ...problem('refused'),
      ...unserved,
      ...problem('full'),
    },
  },
};

const exchange: Methods = {
  post: {
    summary: 'Many requests at once, in frames',
    requestBody: body(`Requests in frames, at most ${limits.exchangeBytesMax} bytes`),
    responses: {
      200: bytes('As many answers in frames (docs/spec/node-message.md)'),
      ...problem('frames'),
      ...problem('length'),
      ...unserved,
    },
  },
};

const healthy: Methods = {
  get: {
    summary: 'Lives, and what keeps it from its best',
    responses: {
      200: json('Alive', { $ref: '#/components/schemas/Health' }),
      ...problem('busy', 'closing', 'disk', 'failed'),
    },
  },
};

const ready: Methods = {
  get: {
    summary: 'Can vote',
    responses: {
      200: json('Ready', {
        type: 'object',
        required: ['ready'],
        properties: { ready: { const: true } },
      }),
      ...problem('busy', 'closing', 'no-registry', 'between-versions', 'disk', 'failed'),
    },
  },
};

const reading = (summary: string, good: object, ...more: readonly Problem[]): Methods => ({
  get: {
    summary,
    responses: {
      200: good,
      ...Object.assign({}, ...more.map((code) => problem(code))),
      ...problem('busy', 'closing'),
    },
  },
});

const version = {
  name: 'version',
  in: 'path',
  required: true,
  schema: { type: 'integer', minimum: 1, maximum: 0xffffffff },
};

const plain = {
  description: 'Text format 0.0.4',
  content: { 'text/plain': { schema: { type: 'string' } } },
};

const paths: Readonly<Record<string, object>> = {
  '/v1/objects/{name}': { parameters: [name('BLAKE3-256 of the object')], ...whole(objects) },
  '/v1/slots/{name}': { parameters: [name('Slot key')], ...whole(slots) },
  '/v1/exchange': whole(exchange),
  '/v1/registry': whole(
    reading('The registry that the node votes under', bytes('An encoded registry'), 'absent'),
  ),
  '/v1/registry/{version}': {
    parameters: [version],
    ...whole(
      reading(
        'A version of the registry that the node knows',
        bytes('An encoded registry'),
        'name',
        'absent',
      ),
    ),
  },
  '/v1/byte-commit': whole({
    get: {
      summary: 'The newest ByteCommit of the node',
      responses: { 200: bytes('A signed ByteCommit'), ...problem('absent'), ...unserved },
    },
  }),
  '/healthz': whole(healthy),
  '/readyz': whole(ready),
  '/metrics': whole(reading('Counters and gauges for Prometheus', plain)),
  '/openapi.json': faultless(
    whole(
      reading(
        'This document',
        json('OpenAPI 3.1', { type: 'object', required: ['openapi', 'info', 'paths'] }),
      ),
    ),
  ),
};

/** Nothing can go wrong about what stands in the program. */
function faultless(methods: object): object {
  const without = Object.entries(methods).map(([method, operation]: [string, Operation]) => {
    const { 500: _fault, ...responses } = operation.responses;
    return [method, { ...operation, responses }] as const;
  });
  return Object.fromEntries(without);
}

/** Every operation with what any of them may be answered, HEAD beside GET, and OPTIONS. */
function whole(methods: Methods): object {
  const full = Object.entries(methods).map(([method, operation]: [string, Operation]) => {
    const responses = { ...operation.responses, ...problem('rate'), ...problem('fault') };
    return [method, { ...operation, responses }] as const;
  });
  const { get } = Object.fromEntries(full);
  const head = get && { summary: `${get.summary}: the headers`, responses: bare(get.responses) };
  const options = {
    summary: 'What the route serves, for browsers',
    responses: {
      204: { description: 'See the headers' },
      ...problem('busy', 'closing'),
      ...problem('rate'),
    },
  };
  return { ...Object.fromEntries(full), ...(head && { head }), options };
}

function bare(responses: Responses): Responses {
  const without = Object.entries(responses).map(([status, response]) => {
    const { content: _content, ...others } = response as { readonly content?: object };
    return [status, others] as const;
  });
  return Object.fromEntries(without);
}

export const openapi: object = {
  openapi: '3.1.0',
  info: {
    title: 'DSM storage node',
    version: '1',
    description:
      'Bytes by address and write-once slots. The node decides nothing; check its answers. What is ' +
      'no HTTP, or comes too slowly, is answered with 400, 408, 417 or 431 and no body.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  paths,
  components: {
    schemas: {
      Problem: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail', 'code'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          code: { type: 'string', enum: Object.keys(problems) },
        },
      },
      Health: {
        type: 'object',
        required: ['node', 'status', 'reasons', 'capacityBytes', 'usedBytes', 'objects', 'slots'],
        properties: {
          node: { type: 'string', description: 'Node id in base64url' },
          status: { type: 'string', enum: ['ok', 'full'] },
          reasons: { type: 'array', minItems: 1, items: { type: 'string', enum: healthReasons } },
          capacityBytes: { type: 'integer' },
          usedBytes: { type: 'integer' },
          objects: { type: 'integer' },
          slots: { type: 'integer' },
        },
      },
    },
  },
};
