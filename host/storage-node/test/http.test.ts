/** The HTTP surface: codes, limits, headers, metrics. */

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { nameOf } from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { address as addressOf, limits, registry as registryObject, slotKey } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { slotAuthor } from '@dsm/ports/conformance';
import { httpLimits } from '../src/http.ts';
import { network } from './one-node.ts';
import { problemOf, rawAnswer, serving } from './serving.ts';

installNative();

const author = slotAuthor(network, 1);

test('an object is created, repeated, read for ever, and not found under another name', async () => {
  await serving(async ({ base }) => {
    const bytes = new Uint8Array(300).fill(2);
    const url = `${base}/v1/objects/${nameOf(addressOf(bytes))}`;
    assert.deepEqual(await problemOf(await fetch(url)), [404, 'absent']);
    assert.equal((await fetch(url, { method: 'PUT', body: bytes })).status, 201);
    assert.equal((await fetch(url, { method: 'PUT', body: bytes })).status, 200);
    const answer = await fetch(url);
    assert.deepEqual(await answer.bytes(), bytes);
    assert.match(answer.headers.get('cache-control') ?? '', /immutable/);
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.equal((await fetch(url, { method: 'HEAD' })).headers.get('content-length'), '300');
  });
});

test('names, routes and methods that are none are refused with a code', async () => {
  await serving(async ({ base }) => {
    const name = nameOf(new Uint8Array(32));
    const twin = `${name.slice(0, -1)}B`;
    const body = new Uint8Array(3);
    const cases: readonly (readonly [string, RequestInit, number, string])[] = [
      [`/v1/objects/${twin}`, {}, 400, 'name'],
      [`/v1/objects/${name}A`, {}, 400, 'name'],
      ['/v1/objects/', {}, 400, 'name'],
      [`/v1/slots/${name.slice(1)}`, {}, 400, 'name'],
      [`/v1/objects/${name}`, { method: 'PUT', body }, 400, 'mismatch'],
      [`/v1/slots/${name}`, { method: 'PUT', body }, 422, 'refused'],
      [`/v1/slots/${name}`, { method: 'PUT', body: author.encoded(1, 1).slice() }, 400, 'mismatch'],
      [`/v1/slots/${name}`, {}, 404, 'absent'],
      [`/v1/objects/${name}/x`, {}, 404, 'route'],
      ['/v1/constructor', {}, 404, 'route'],
      ['/', {}, 404, 'route'],
      [`/v1/objects/${name}`, { method: 'DELETE' }, 405, 'method'],
      ['/metrics', { method: 'PUT', body }, 405, 'method'],
    ];
    for (const [path, init, status, code] of cases) {
      assert.deepEqual(await problemOf(await fetch(base + path, init)), [status, code], path);
    }
  });
});

test('a full node answers 507 to what is new', async () => {
  await serving(
    async ({ base }) => {
      const bytes = new Uint8Array(3_000);
      const url = `${base}/v1/objects/${nameOf(addressOf(bytes))}`;
      assert.deepEqual(await problemOf(await fetch(url, { method: 'PUT', body: bytes })), [
        507,
        'full',
      ]);
      const write = author.encoded(1, 1).slice();
      const slot = `${base}/v1/slots/${nameOf(slotKey(author.place(1)))}`;
      assert.deepEqual(await problemOf(await fetch(slot, { method: 'PUT', body: write })), [
        507,
        'full',
      ]);
    },
    { capacityBytes: 1_000 },
  );
});

test('a body above the limit is refused by what it announces and by what comes', async () => {
  await serving(async ({ base, port, node }) => {
    const name = nameOf(new Uint8Array(32));
    const head = `PUT /v1/objects/${name} HTTP/1.1\r\nhost: x\r\n`;
    const announced = `${head}content-length: ${limits.objectBytesMax + 1}\r\n\r\n`;
    assert.match(await rawAnswer(port, announced), /^HTTP\/1\.1 413 [\s\S]*connection: close/i);
    const chunk = new Uint8Array(1 << 16);
    const answer = await new Promise<number>((resolve, reject) => {
      const put = httpRequest(`${base}/v1/objects/${name}`, { method: 'PUT' });
      put.on('response', (response) => resolve(response.statusCode ?? 0));
      put.on('error', reject);
      for (let sent = 0; sent <= limits.objectBytesMax; sent += chunk.length) put.write(chunk);
    });
    assert.equal(answer, 413);
    const tooLong = `content-length: ${limits.slotWriteBytesMax + 1}`;
    const slot = `PUT /v1/slots/${name} HTTP/1.1\r\nhost: x\r\n${tooLong}\r\n\r\n`;
    assert.match(await rawAnswer(port, slot), /^HTTP\/1\.1 413 /);
    assert.equal(node.metrics().objects, 0);
  });
});

test('a client that sends its headers or body too slowly is cut off', async () => {
  await serving(
    async ({ port }) => {
      const name = nameOf(new Uint8Array(32));
      assert.match(await rawAnswer(port, 'GET /healthz HTTP/1.1\r\nho'), /^HTTP\/1\.1 408 /);
      const half = `PUT /v1/objects/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf`;
      assert.match(await rawAnswer(port, half), /^(HTTP\/1\.1 408 |$)/);
    },
    { limits: { headersMs: 200, requestMs: 400 } },
  );
});

test('headers above the limit are refused', async () => {
  await serving(async ({ port }) => {
    const long = 'a'.repeat(httpLimits.headerBytesMax);
    const answer = await rawAnswer(port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${long}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 431 /);
  });
});

test('beyond the requests under way a client hears `busy`, and others come through later', async () => {
  const inner = memoryEngine();
  const gate = Promise.withResolvers<void>();
  const both = Promise.withResolvers<void>();
  let asked = 0;
  let isHeld = false;
  const engine = {
    ...inner,
    commit: async (...args: Parameters<typeof inner.commit>): Promise<void> => {
      asked += isHeld ? 1 : 0;
      if (asked === 2) both.resolve();
      if (isHeld) await gate.promise;
      await inner.commit(...args);
    },
  };
  await serving(
    async ({ base }) => {
      isHeld = true;
      const put = (fill: number): Promise<Response> => {
        const bytes = new Uint8Array(50).fill(fill);
        const url = `${base}/v1/objects/${nameOf(addressOf(bytes))}`;
        return fetch(url, { method: 'PUT', body: bytes });
      };
      const waiting = [put(1), put(2)];
      await both.promise;
      const busy = await fetch(`${base}/healthz`);
      assert.equal(busy.headers.get('retry-after'), '1');
      assert.deepEqual(await problemOf(busy), [503, 'busy']);
      gate.resolve();
      for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 201);
      assert.equal((await fetch(`${base}/healthz`)).status, 200);
    },
    { limits: { requestsUnderWayMax: 2 }, engine },
  );
});

test('connections beyond the limit are closed', async () => {
  await serving(
    async ({ port }) => {
      const first = connect(port, '127.0.0.1');
      await once(first, 'connect');
      assert.equal(await rawAnswer(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'), '');
      first.destroy();
    },
    { limits: { connectionsMax: 1 } },
  );
});

test('browsers of any origin may use every route', async () => {
  await serving(async ({ base }) => {
    const url = `${base}/v1/slots/${nameOf(new Uint8Array(32))}`;
    const preflight = await fetch(url, { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /PUT/);
    for (const answer of [preflight, await fetch(url), await fetch(`${base}/healthz`)]) {
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    }
  });
});

test('health, readiness and registry', async () => {
  await serving(async ({ base, node, registry }) => {
    const health = (await (await fetch(`${base}/healthz`)).json()) as Record<string, unknown>;
    const { slotConflicts: _, registryForks: __, ...counts } = node.metrics();
    assert.deepEqual(health, {
      node: nameOf(node.nodeId),
      status: 'ok',
      reasons: ['ok'],
      ...counts,
    });
    assert.equal((await fetch(`${base}/readyz`)).status, 200);
    const bytes = await (await fetch(`${base}/v1/registry`)).bytes();
    assert.deepEqual(bytes, registryObject.encode(registry));
    await node.close();
    assert.deepEqual(await problemOf(await fetch(`${base}/readyz`)), [503, 'failed']);
  });
});

test('metrics count what is kept and what was answered, under labels from a list', async () => {
  await serving(async ({ base, node }) => {
    const slot = `${base}/v1/slots/${nameOf(slotKey(author.place(1)))}`;
    for (const value of [1, 2, 3]) {
      await fetch(slot, { method: 'PUT', body: author.encoded(1, value).slice() });
    }
    for (let i = 0; i < 20; i++) await fetch(`${base}/nowhere/${i}`);
    await fetch(`${base}/v1/objects/${nameOf(new Uint8Array(32))}`);
    const text = await (await fetch(`${base}/metrics`)).text();
    const { usedBytes, capacityBytes } = node.metrics();
    for (const line of [
      'dsm_node_objects 0',
      'dsm_node_slots 1',
      `dsm_node_used_bytes ${usedBytes}`,
      `dsm_node_capacity_bytes ${capacityBytes}`,
      'dsm_node_slot_conflicts_total 2',
      'dsm_node_requests_total{route="/v1/slots",outcome="ok"} 3',
      'dsm_node_requests_total{route="other",outcome="refused"} 20',
      'dsm_node_requests_total{route="/v1/objects",outcome="absent"} 1',
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    assert.equal([...text.matchAll(/^dsm_node_requests_total/gm)].length, 3);
  });
});
