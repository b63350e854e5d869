/** Exchanges over HTTP: in order, in slices, put off where too much was said; and objects in part. */

import assert from 'node:assert/strict';
import { connect, constants } from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';
import {
  answerReader,
  nameOf,
  usualTerms,
  writeRequests,
  type NodeAnswer,
  type NodeRequest,
} from '@dsm/availability';
import { installNative } from '@dsm/node';
import { NodeError } from '@dsm/ports';
import { slotAuthor } from '@dsm/ports/conformance';
import { address as addressOf, limits, slotState } from '@dsm/primitive';
import type { Gauge } from '../src/http.ts';
import { network } from './one-node.ts';
import { problemOf, serving } from './serving.ts';

installNative();

const author = slotAuthor(network, 1);
const put = (bytes: Uint8Array): NodeRequest => ({ type: 'put', terms: usualTerms, bytes });
const get = (bytes: Uint8Array): NodeRequest => ({ type: 'get', address: addressOf(bytes) });
const small = (i: number): Uint8Array => new Uint8Array(100).fill(i);

async function exchanged(
  base: string,
  requests: readonly NodeRequest[],
): Promise<readonly NodeAnswer[]> {
  const body = writeRequests(requests).slice();
  const answer = await fetch(`${base}/v1/exchange`, { method: 'POST', body });
  assert.equal(answer.status, 200);
  const reader = answerReader();
  const { values, refusal } = reader.push(await answer.bytes());
  assert.equal(refusal, undefined);
  assert.ok(reader.isWhole());
  return values;
}

test('answers come in the order of the requests, whatever each of them takes', async () => {
  await serving(async ({ base }) => {
    const write = { type: 'write-slot', write: author.encoded(1, 1) } as const;
    const stored = await exchanged(base, [put(small(1)), write, put(small(2)), put(small(1))]);
    assert.deepEqual(
      stored.map(({ type }) => type),
      ['ok', 'ok', 'ok', 'ok'],
    );
    const state = stored[1]!.type === 'ok' ? slotState.decode(stored[1]!.body) : undefined;
    assert.equal(state?.ok, true);
    const read = await exchanged(base, [
      get(small(2)),
      get(small(9)),
      { type: 'has', address: addressOf(small(1)) },
      { type: 'write-slot', write: small(3) },
      get(small(1)),
    ]);
    assert.deepEqual(read, [
      { type: 'ok', body: small(2) },
      { type: 'absent' },
      { type: 'ok', body: Uint8Array.of(0, 0, 0, 100) },
      { type: 'refused', sentence: 'the bytes are no slot write' },
      { type: 'ok', body: small(1) },
    ]);
  });
});

test('an exchange may be empty, and as long as is allowed', async () => {
  await serving(async ({ base }) => {
    assert.deepEqual(await exchanged(base, []), []);
    const most = Array.from({ length: limits.framesMax }, (_, i) => put(small(i)));
    const answers = await exchanged(base, most);
    assert.ok(answers.every(({ type }) => type === 'ok'));
    assert.deepEqual(await exchanged(base, [get(small(255))]), [{ type: 'ok', body: small(255) }]);
    const body = writeRequests([...most, put(small(0))]).slice();
    const answer = await fetch(`${base}/v1/exchange`, { method: 'POST', body });
    assert.deepEqual(await problemOf(answer), [400, 'frames']);
  });
});

test('of what is too much for one exchange, the rest is put off and comes with the next', async () => {
  await serving(
    async ({ base, node }) => {
      const large = new Uint8Array(limits.objectBytesMax).fill(5);
      await node.putObject(large);
      const answers = await exchanged(
        base,
        Array.from({ length: 40 }, () => get(large)),
      );
      const said = answers.filter(({ type }) => type === 'ok').length;
      assert.ok(said >= 14 && said <= 16, `${said}`);
      assert.ok(answers.slice(said).every(({ type }) => type === 'later'));
    },
    { capacityBytes: 1 << 26 },
  );
});

test('more exchanges than their bytes have room for hear `busy`', async () => {
  const held = Promise.withResolvers<void>();
  let asked = 0;
  await serving(
    async ({ base }) => {
      const body = writeRequests([put(new Uint8Array(60_000))]).slice();
      const post = (): Promise<Response> => fetch(`${base}/v1/exchange`, { method: 'POST', body });
      const first = post();
      while (asked === 0) await new Promise(setImmediate);
      const busy = await post();
      assert.equal(busy.headers.get('retry-after'), '1');
      assert.deepEqual(await problemOf(busy), [503, 'busy']);
      held.resolve();
      assert.equal((await first).status, 200);
      assert.equal((await post()).status, 200);
    },
    {
      limits: { bytesUnderWayMax: 100_000 },
      as: (node) => ({
        ...node,
        ask: async (requests) => {
          asked += 1;
          await held.promise;
          return node.ask(requests);
        },
      }),
    },
  );
});

test('metrics tell frames by kind and outcome, durations, bytes, and what others add', async () => {
  const gauge: Gauge = { name: 'repair_missing', help: 'Missing.', type: 'gauge', read: () => 7 };
  await serving(
    async ({ base }) => {
      const requests = [put(small(1)), put(small(1)), get(small(1)), get(small(2))];
      await exchanged(base, requests);
      const lines = (await (await fetch(`${base}/metrics`)).text()).split('\n');
      for (const line of [
        'dsm_node_frames_total{kind="put",outcome="ok"} 2',
        'dsm_node_frames_total{kind="get",outcome="ok"} 1',
        'dsm_node_frames_total{kind="get",outcome="absent"} 1',
        'dsm_node_requests_total{route="/v1/exchange",outcome="ok"} 1',
        'dsm_node_request_seconds_count{route="/v1/exchange"} 1',
        'dsm_node_request_seconds_bucket{route="/v1/exchange",le="+Inf"} 1',
        `dsm_node_received_bytes_total ${writeRequests(requests).length}`,
        'dsm_node_requests_under_way 1',
        '# TYPE dsm_node_request_seconds histogram',
        '# TYPE dsm_node_repair_missing gauge',
        'dsm_node_repair_missing 7',
      ]) {
        assert.ok(lines.includes(line), line);
      }
      // Of each name there is one head, and a head stands before its rows.
      const heads = lines.filter((line) => line.startsWith('# TYPE'));
      assert.equal(new Set(heads).size, heads.length);
    },
    { gauges: () => [gauge] },
  );
});

test('a range of an object, one it has already, and one that is none', async () => {
  await serving(async ({ base, node }) => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    await node.putObject(bytes);
    const url = `${base}/v1/objects/${nameOf(addressOf(bytes))}`;
    const etag = `"${nameOf(addressOf(bytes))}"`;
    assert.equal((await fetch(url)).headers.get('etag'), etag);
    const ranges: readonly (readonly [
      range: string,
      status: number,
      part?: readonly [number, number],
    ])[] = [
      ['bytes=0-0', 206, [0, 1]],
      ['bytes=10-19', 206, [10, 20]],
      ['bytes=90-', 206, [90, 100]],
      ['bytes=90-1000', 206, [90, 100]],
      ['bytes=-10', 206, [90, 100]],
      ['bytes=-1000', 206, [0, 100]],
      ['bytes=100-', 416],
      ['bytes=-0', 416],
      ['bytes=1-2,4-5', 200],
      ['bytes=5-4', 200],
      ['bytes=-', 200],
      ['bytes=a-b', 200],
      ['items=0-1', 200],
    ];
    for (const [range, status, part] of ranges) {
      const answer = await fetch(url, { headers: { range } });
      assert.equal(answer.status, status, range);
      const [from, end] = part ?? [0, 100];
      if (status === 416) assert.equal(answer.headers.get('content-range'), 'bytes */100');
      else assert.deepEqual(await answer.bytes(), bytes.slice(from, end), range);
      if (status !== 206) continue;
      assert.equal(answer.headers.get('content-range'), `bytes ${from}-${end - 1}/100`);
    }
    const none = { 'if-none-match': `"other", W/${etag}` };
    assert.equal((await fetch(url, { headers: none })).status, 304);
    assert.equal((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status, 200);
    const ifRange = { range: 'bytes=0-0', 'if-range': '"other"' };
    assert.equal((await fetch(url, { headers: ifRange })).status, 200);
    assert.equal((await fetch(url, { headers: { ...ifRange, 'if-range': etag } })).status, 206);
  });
});

test('health says in codes what keeps a node from its best, and readiness what from voting', async () => {
  const healthOf = async (base: string): Promise<unknown> => {
    const health = (await (await fetch(`${base}/healthz`)).json()) as Record<string, unknown>;
    return health['reasons'] ?? health['code'];
  };
  const codeOf = async (base: string): Promise<unknown> =>
    ((await (await fetch(`${base}/readyz`)).json()) as Record<string, unknown>)['code'];
  const cases: readonly (readonly [unknown, unknown, Parameters<typeof serving>[1]])[] = [
    [['ok'], undefined, {}],
    [['full'], undefined, { capacityBytes: 1_000 }],
    [
      ['between-versions'],
      'between-versions',
      { as: (node) => ({ ...node, standing: () => undefined }) },
    ],
    [
      ['full', 'no-registry'],
      'no-registry',
      {
        capacityBytes: 1_000,
        as: (node) => ({ ...node, standing: () => undefined, registries: () => undefined }),
      },
    ],
    ['disk', 'disk', { as: (node) => ({ ...node, ask: async () => [{ type: 'later' }] }) }],
  ];
  for (const [health, ready, scene] of cases) {
    await serving(async ({ base }) => {
      assert.deepEqual(await healthOf(base), health);
      assert.equal(await codeOf(base), ready);
    }, scene);
  }
});

test('a node that fails in the midst of an exchange ends it, and says so if it has said nothing', async () => {
  let slices = 0;
  const faults: unknown[] = [];
  const large = Array.from({ length: 24 }, (_, i) => put(new Uint8Array(100_000).fill(i)));
  await serving(
    async ({ base }) => {
      const post = (requests: readonly NodeRequest[]): Promise<Response> =>
        fetch(`${base}/v1/exchange`, { method: 'POST', body: writeRequests(requests).slice() });
      slices = 1;
      assert.deepEqual(await problemOf(await post([put(small(1))])), [503, 'failed']);
      assert.deepEqual(await problemOf(await post(large)), [503, 'failed']);
      slices = 0;
      await assert.rejects(post(large).then((answer) => answer.bytes()));
    },
    {
      onError: (error) => faults.push(error),
      as: (node) => ({
        ...node,
        ask: async (requests) => {
          slices += 1;
          if (slices > 1) throw new NodeError('unreachable', 'the node is closed');
          return node.ask(requests);
        },
      }),
    },
  );
  assert.deepEqual(faults, []);
});

test('whoever goes away while the node works is answered no more, and nothing comes of it', async () => {
  const begun: (() => void)[] = [];
  const held = Promise.withResolvers<void>();
  const faults: unknown[] = [];
  await serving(
    async ({ base, port }) => {
      const body = writeRequests([get(small(1))]);
      const started = (): Promise<void> => new Promise((resolve) => begun.push(resolve));
      const session = connect(base);
      session.on('error', () => {});
      const paths = ['/v1/exchange', '/healthz'];
      for (const path of paths) {
        const first = started();
        const method = path === '/healthz' ? 'GET' : 'POST';
        const stream = session.request({ ':path': path, ':method': method });
        stream.on('error', () => {});
        stream.end(method === 'POST' ? body : undefined);
        await first;
        stream.close(constants.NGHTTP2_CANCEL);
        const second = started();
        const length = method === 'POST' ? body.length : 0;
        const socket = net.connect(port, '127.0.0.1');
        socket.write(`${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
        if (length > 0) socket.write(body);
        await second;
        socket.resetAndDestroy();
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
      held.resolve();
      assert.equal((await fetch(`${base}/healthz`)).status, 200);
      session.destroy();
    },
    {
      onError: (error) => faults.push(error),
      as: (node) => ({
        ...node,
        ask: async (requests) => {
          begun.shift()?.();
          await held.promise;
          return node.ask(requests);
        },
      }),
    },
  );
  assert.deepEqual(faults, []);
});
