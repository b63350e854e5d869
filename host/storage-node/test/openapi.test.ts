/**
 * The document describes what is served: no answer that it does not describe, and none described
 * that a real server does not give.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf, writeRequests } from '@dsm/availability';
import { installNative } from '@dsm/node';
import { NodeError } from '@dsm/ports';
import { slotAuthor } from '@dsm/ports/conformance';
import { address as addressOf, limits, slotKey } from '@dsm/primitive';
import { openapi } from '../src/openapi.ts';
import type { StorageNode } from '../src/node.ts';
import { network } from './one-node.ts';
import { faultsOf } from './schema.ts';
import { serving, type Scene, type Served } from './serving.ts';

installNative();

type Methods = Readonly<
  Record<string, { readonly responses: Readonly<Record<string, Described>> }>
>;
interface Described {
  readonly content?: Content;
}
type Content = Readonly<Record<string, { readonly schema?: object }>>;

const document = openapi as { readonly paths: Readonly<Record<string, Methods>> } & object;
const author = slotAuthor(network, 1);
const object = new Uint8Array(300).fill(2);
const objectPath = '/v1/objects/{name}';
const slotPath = '/v1/slots/{name}';
const nameOfObject = nameOf(addressOf(object));
const nameOfSlot = nameOf(slotKey(author.place(1)));
const nobody = nameOf(new Uint8Array(32));

interface Case {
  /** The path of the document, and what stands in its place. */
  readonly path: string;
  readonly name?: string;
  readonly method?: string;
  readonly body?: Uint8Array<ArrayBuffer> | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const seen = new Set<string>();

/** Asks, and holds the answer against the document. */
async function ask(
  { base }: Served,
  { path, name, method = 'GET', body = null, headers = {} }: Case,
): Promise<void> {
  const url = base + path.replace(/\{\w+\}/, name ?? nobody);
  const answer = await fetch(url, { method, headers, body });
  const what = `${method} ${path} ${answer.status}`;
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status];
  assert.ok(described !== undefined, `${what} is not described`);
  seen.add(what);
  if (answer.status === 429) assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
  const bytes = await answer.bytes();
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  if (described.content === undefined) assert.equal(bytes.length, 0, `${what} has a body`);
  else assert.deepEqual(faultsOfBody(described.content, type, bytes), [], what);
}

function faultsOfBody(content: Content, type: string, bytes: Uint8Array): readonly string[] {
  const media = content[type];
  if (media === undefined) return [`the type is ${type}`];
  if (media.schema === undefined) return [];
  const text = new TextDecoder().decode(bytes);
  const value: unknown = type.endsWith('json') ? JSON.parse(text) : text;
  return faultsOf(document as never, media.schema, value);
}

async function all(cases: readonly Case[], scene: Scene = {}): Promise<void> {
  await serving(async (served) => {
    for (const one of cases) await ask(served, one);
  }, scene);
}

/** One case for each operation of the document. */
const everyOperation: readonly Case[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods)
    .filter((method) => method !== 'parameters')
    .map((method) => ({
      path,
      method: method.toUpperCase(),
      name: path.includes('version') ? '1' : path === slotPath ? nameOfSlot : nameOfObject,
      ...(method === 'post' && { body: writeRequests([{ type: 'signal' }]).slice() }),
      ...(method === 'put' && { body: path === slotPath ? author.encoded(1, 1).slice() : object }),
    })),
);

const gets = everyOperation.filter(({ method }) => method === 'GET' || method === 'HEAD');
const puts = everyOperation.filter(({ method }) => method === 'PUT');
const posts = everyOperation.filter(({ method }) => method === 'POST');
const withHead = (one: Case): readonly Case[] => [one, { ...one, method: 'HEAD' }];

test('what is asked rightly', async () => {
  await all([...puts, ...puts, ...gets, ...posts]);
  await all(everyOperation.filter(({ method }) => method === 'OPTIONS'));
  const get = { path: objectPath, name: nameOfObject };
  await all([
    ...puts,
    ...[{ range: 'bytes=1-2' }, { range: 'bytes=300-' }, { 'if-none-match': '*' }].flatMap(
      (headers) => withHead({ ...get, headers: headers as unknown as Record<string, string> }),
    ),
  ]);
  await serving(async (served) => {
    await served.node.putObject(object);
    await served.node.commitBytes();
    await ask(served, { path: '/v1/byte-commit' });
    await ask(served, { path: '/v1/byte-commit', method: 'HEAD' });
  });
});

test('what is not there, or is asked wrongly', async () => {
  const long = new Uint8Array(limits.objectBytesMax + 1);
  await all([
    ...gets.filter(({ path }) => path === objectPath || path === slotPath),
    ...withHead({ path: '/v1/registry/{version}', name: '7' }),
    ...withHead({ path: '/v1/registry/{version}', name: '0' }),
    ...[objectPath, slotPath].flatMap((path) => [
      ...withHead({ path, name: 'x' }),
      { path, name: 'x', method: 'PUT', body: object },
      { path, method: 'PUT', body: path === slotPath ? author.encoded(1, 1).slice() : object },
      { path, method: 'PUT', body: long },
    ]),
    { path: slotPath, method: 'PUT', body: object },
    { path: '/v1/exchange', method: 'POST', body: Uint8Array.of(0, 0, 0, 1, 9) },
    { path: '/v1/exchange', method: 'POST', body: Uint8Array.of(9, 9, 9, 9) },
    { path: '/v1/exchange', method: 'POST', body: new Uint8Array(limits.exchangeBytesMax + 1) },
    ...withHead({ path: '/v1/byte-commit' }),
  ]);
});

test('a node that is full, unpaid, without a registry, between two, or without a disk', async () => {
  await all(puts, { capacityBytes: 100 });
  const throwing = (code: 'unpaid' | 'unreachable', node: StorageNode): StorageNode => {
    const fail = (): Promise<never> => Promise.reject(new NodeError(code, 'no'));
    return { ...node, keepObject: fail, writeSlot: fail, getObject: fail, readSlot: fail };
  };
  await all(puts, { as: (node) => throwing('unpaid', node) });
  const isOfDisk = ({ path }: Case): boolean => path === objectPath || path === slotPath;
  await all([...puts, ...gets].filter(isOfDisk), { as: (node) => throwing('unreachable', node) });
  const watching = gets.filter(({ path }) => path === '/healthz' || path === '/readyz');
  const unknown = (node: StorageNode): StorageNode => ({
    ...node,
    standing: () => undefined,
    registries: () => undefined,
  });
  await all([...watching, ...gets.filter(({ path }) => path === '/v1/registry')], { as: unknown });
  await all(watching, { as: (node) => ({ ...node, standing: () => undefined }) });
  await all([...watching, ...gets.filter(({ path }) => path === '/v1/byte-commit')], {
    as: (node) => ({ ...node, ask: async (asked) => asked.map(() => ({ type: 'later' })) }),
  });
});

test('a server with too much to do, or with a fault', async () => {
  await all(everyOperation, { limits: { burstMax: 0, requestsPerSecond: 1e-3 } });
  await all(everyOperation, { limits: { requestsUnderWayMax: 0 } });
  const broken = (): never => {
    throw new RangeError('a fault');
  };
  const faults: unknown[] = [];
  const cases = [...gets, ...puts, ...posts].filter(({ path }) => path !== '/openapi.json');
  await all(cases, {
    onError: (error) => faults.push(error),
    as: (node) => ({
      ...node,
      ask: broken,
      getObject: broken,
      keepObject: broken,
      readSlot: broken,
      writeSlot: broken,
      standing: broken,
      registries: broken,
      health: broken,
      metrics: broken,
    }),
  });
  assert.equal(faults.length, cases.length);
});

test('every answer that is described was given above', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
  );
  assert.deepEqual(described.filter((one) => !seen.has(one)).toSorted(), []);
});

test('a route and a method that are not described are refused', async () => {
  await serving(async ({ base }) => {
    const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'];
    for (const [path, described] of Object.entries(document.paths)) {
      for (const method of methods) {
        const url = base + path.replace(/\{\w+\}/, path.includes('version') ? '1' : nobody);
        const body = method === 'PUT' || method === 'POST' ? new Uint8Array(1) : null;
        const { status, headers } = await fetch(url, { method, body });
        const isThere = Object.hasOwn(described, method.toLowerCase());
        assert.equal(status !== 405, isThere, `${method} ${path}`);
        if (!isThere)
          assert.doesNotMatch(headers.get('allow') ?? '', new RegExp(`\\b${method}\\b`));
      }
    }
    assert.equal((await fetch(`${base}/v1/nothing`)).status, 404);
  });
});
