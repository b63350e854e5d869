/** A network file says what counts, and nothing else is taken for one. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { registry } from '@dsm/primitive';
import { DsmError } from '@dsm/wallet';
import { networkText, parseNetwork, readNetwork } from '../src/network-file.ts';
import { newNetwork } from '../src/network-new.ts';
import { cardText, parseCard, type NodeCard } from '../src/node-home.ts';

installNative();

function cards(count: number): readonly NodeCard[] {
  return Array.from({ length: count }, (_, i) => ({
    suite: 2,
    id: new Uint8Array(32).fill(i + 101),
    voteKey: new Uint8Array(32).fill(i + 1),
    address: `http://127.0.0.1:${4_610 + i}`,
    capacityBytes: 1_000,
  }));
}

const network = newNetwork('village', cards(5));
const good = networkText(network);

test('what is written is read again', () => {
  const again = parseNetwork(good, 'x');
  assert.deepEqual(again.nodes, network.nodes);
  assert.deepEqual(registry.encode(again.registry), registry.encode(network.registry));
});

test('names that every object has are names like others, and change nothing else', () => {
  const bent = `{"__proto__": {"name": "town"}, "constructor": 1, "toString": 2, ${good.slice(1)}`;
  assert.equal(parseNetwork(bent, 'x').name, 'village');
  const without = JSON.stringify({ ...(JSON.parse(good) as object), name: undefined });
  const inherited = `{"__proto__": {"name": "village"}, ${without.slice(1)}`;
  assert.throws(() => parseNetwork(inherited, 'x'), isCode('usage'));
  assert.equal((Object.create(Object.prototype) as { readonly name?: string }).name, undefined);
});

test('nodes beyond the last whole group keep no slots', () => {
  for (const count of [4, 5, 7, 8, 13]) {
    const { groups, nodes } = newNetwork('n', cards(count)).registry;
    assert.equal(nodes.length, count);
    assert.deepEqual(
      groups.flat(),
      Array.from({ length: count - (count % 4) }, (_, i) => i),
    );
  }
});

test('a network needs a whole group', () => {
  assert.throws(() => newNetwork('n', cards(3)), isCode('usage'));
});

const bent = (change: object): string =>
  JSON.stringify({ ...(JSON.parse(good) as object), ...change });
const [first = '', ...others] = network.nodes;

for (const [what, text, code] of [
  ['no JSON', '{', 'usage'],
  ['a list', '[]', 'usage'],
  ['no name', bent({ name: undefined }), 'usage'],
  ['a name with a line break', bent({ name: 'a\nb' }), 'usage'],
  ['another name than the registry', bent({ name: 'town' }), 'integrity'],
  ['no registry', bent({ registry: '' }), 'usage'],
  ['a registry in hex', bent({ registry: 'zz!!' }), 'usage'],
  ['a registry that is cut', bent({ registry: 'AQIDBA' }), 'integrity'],
  ['a node too few', bent({ nodes: others }), 'usage'],
  ['a node that is no URL', bent({ nodes: ['ftp://x', ...others] }), 'usage'],
  ['a node that is a number', bent({ nodes: [1, ...others] }), 'usage'],
  ['a node too many', bent({ nodes: [first, ...network.nodes] }), 'usage'],
] as const) {
  test(`a file with ${what} is refused`, () => {
    assert.throws(() => parseNetwork(text, 'x'), isCode(code));
  });
}

test('a network is fetched from an HTTP address, and not more than a network', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/good') response.end(good);
    else if (request.url === '/long') response.end('x'.repeat(3_000_000));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.equal((await readNetwork(`${base}/good`, '.')).name, 'village');
  await assert.rejects(readNetwork(`${base}/long`, '.'), isCode('usage'));
  await assert.rejects(readNetwork(`${base}/none`, '.'), isCode('not-found'));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(readNetwork(`${base}/good`, '.'), isCode('unreachable'));
});

test('the card of a node is written and read', () => {
  const [card] = cards(1);
  assert.deepEqual(parseCard(cardText(card!), 'x'), card);
  for (const text of ['{', '[]', '{"suite":3,"voteKey":"AA","address":"x"}', '{"suite":1}']) {
    assert.throws(() => parseCard(text, 'x'), isCode('usage'));
  }
});

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof DsmError && error.code === code;
}
