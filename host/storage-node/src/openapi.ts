/** The HTTP interface as an OpenAPI 3.1 document, served at `/openapi.json`. */

import { problems } from './reply.ts';

const bytes = { 'application/octet-stream': {} } as const;
const problem = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
} as const;

const failed = { description: 'Busy, closing or failing: try again later', content: problem };
const badName = { description: 'The name or the body does not fit', content: problem };
const absent = { description: 'Nothing is kept under this name', content: problem };
const tooLarge = { description: 'The body is too large', content: problem };
const full = { description: 'No room', content: problem };

const name = (of: string): object => ({
  name: 'name',
  in: 'path',
  required: true,
  description: `${of}, 32 bytes in base64url without padding`,
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$' },
});

export const openapi: object = {
  openapi: '3.1.0',
  info: {
    title: 'DSM storage node',
    version: '1',
    description:
      'Bytes by address and write-once slots. The node decides nothing; check its answers.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  paths: {
    '/v1/objects/{name}': {
      parameters: [name('BLAKE3-256 of the object')],
      get: {
        summary: 'The bytes of an object',
        responses: {
          200: { description: 'The bytes; check them against the name', content: bytes },
          400: badName,
          404: absent,
          503: failed,
        },
      },
      put: {
        summary: 'Keep an object',
        requestBody: { required: true, description: 'At most 1 MiB', content: bytes },
        responses: {
          200: { description: 'Kept already' },
          201: { description: 'Kept now, durably' },
          400: badName,
          413: tooLarge,
          503: failed,
          507: full,
        },
      },
    },
    '/v1/slots/{name}': {
      parameters: [name('Slot key')],
      get: {
        summary: 'The values of a slot and the vote of the node on the first',
        responses: {
          200: { description: 'An encoded slotState (docs/spec/slot.md)', content: bytes },
          400: badName,
          404: { description: 'Nothing was written to the slot here', content: problem },
          503: failed,
        },
      },
      put: {
        summary: 'Write a slot',
        requestBody: { required: true, description: 'An encoded slotWrite', content: bytes },
        responses: {
          200: {
            description: 'An encoded slotState: check whose value comes first',
            content: bytes,
          },
          400: badName,
          413: tooLarge,
          422: { description: 'Against a rule: signature, group or registry', content: problem },
          503: failed,
          507: full,
        },
      },
    },
    '/v1/registry': {
      get: {
        summary: 'The registry that the node votes under',
        responses: {
          200: { description: 'An encoded registry (docs/spec/registry.md)', content: bytes },
          404: { description: 'The node knows none that names it', content: problem },
        },
      },
    },
    '/healthz': {
      get: {
        summary: 'Lives, and how full it is',
        responses: {
          200: {
            description: 'Alive',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Health' } } },
          },
          503: failed,
        },
      },
    },
    '/readyz': {
      get: {
        summary: 'Can vote',
        responses: { 200: { description: 'Ready' }, 503: failed },
      },
    },
    '/metrics': {
      get: {
        summary: 'Counters for Prometheus',
        responses: { 200: { description: 'Text format 0.0.4', content: { 'text/plain': {} } } },
      },
    },
    '/openapi.json': {
      get: {
        summary: 'This document',
        responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
      },
    },
  },
  components: {
    schemas: {
      Problem: {
        type: 'object',
        required: ['type', 'title', 'detail', 'code'],
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
        required: ['node', 'status', 'capacityBytes', 'usedBytes', 'objects', 'slots'],
        properties: {
          node: { type: 'string', description: 'Node id in base64url' },
          status: { type: 'string', enum: ['ok', 'full'] },
          capacityBytes: { type: 'integer' },
          usedBytes: { type: 'integer' },
          objects: { type: 'integer' },
          slots: { type: 'integer' },
        },
      },
    },
  },
};
