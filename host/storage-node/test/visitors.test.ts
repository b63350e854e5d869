/** Connections and requests by address, and what is under way: counted, bounded, given back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gauges } from '../src/gauges.ts';
import { httpLimits } from '../src/http.ts';
import { budget, gate } from '../src/under-way.ts';
import { visitors, type Visitors } from '../src/visitors.ts';

const bounds = {
  ...httpLimits,
  connectionsByAddressMax: 2,
  burstMax: 4,
  requestsPerSecond: 2,
  addressesMax: 3,
};

interface Clock {
  ms: number;
}

function at(clock: Clock): Visitors {
  return visitors(bounds, () => clock.ms);
}

test('an address has so many connections, and gets back those that end', () => {
  const who = at({ ms: 0 });
  const leave = who.enter('10.0.0.1');
  assert.ok(leave !== undefined && who.enter('::ffff:10.0.0.1') !== undefined);
  assert.equal(who.enter('10.0.0.1'), undefined);
  assert.ok(who.enter('10.0.0.2') !== undefined);
  leave();
  assert.ok(who.enter('10.0.0.1') !== undefined);
  assert.equal(who.enter('10.0.0.1'), undefined);
});

test('an address has so many requests under way', () => {
  const who = visitors({ ...bounds, requestsByAddressMax: 1 }, () => 0);
  const leave = who.begin('10.0.0.1');
  assert.ok(leave !== undefined && who.begin('10.0.0.2') !== undefined);
  assert.equal(who.begin('10.0.0.1'), undefined);
  leave();
  assert.ok(who.begin('10.0.0.1') !== undefined);
});

test('requests are paid from a bucket that fills with time', () => {
  const clock = { ms: 0 };
  const who = at(clock);
  for (let i = 0; i < 4; i++) assert.equal(who.spend('10.0.0.1', 1), 0);
  assert.equal(who.spend('10.0.0.1', 1), 1);
  assert.equal(who.spend('10.0.0.2', 1), 0);
  clock.ms = 499;
  assert.equal(who.spend('10.0.0.1', 1), 1);
  clock.ms = 500;
  assert.equal(who.spend('10.0.0.1', 1), 0);
  assert.equal(who.spend('10.0.0.1', 1), 1);
  clock.ms = 1_000_000;
  for (let i = 0; i < 4; i++) assert.equal(who.spend('10.0.0.1', 1), 0);
  assert.equal(who.spend('10.0.0.1', 1), 1);
});

test('what was done already leads into debt, of at most one bucket', () => {
  const clock = { ms: 0 };
  const who = at(clock);
  assert.equal(who.spend('10.0.0.1', 1_000), 0);
  assert.equal(who.spend('10.0.0.1', 1), 3);
  clock.ms = 2_500;
  assert.equal(who.spend('10.0.0.1', 1), 0);
});

test('all addresses of a network of IPv6 are one', () => {
  const who = at({ ms: 0 });
  const same = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:db8:1:2:0:0:0:9%eth0'];
  for (const address of [...same, same[0]!]) assert.equal(who.spend(address, 1), 0, address);
  for (const address of same) assert.equal(who.spend(address, 1), 1, address);
  for (const other of ['2001:db8:1:3::1', '::1']) assert.equal(who.spend(other, 1), 0, other);
});

test('of more addresses than are counted, those that were quiet longest are forgotten', () => {
  const clock = { ms: 0 };
  const who = at(clock);
  for (let i = 0; i < 4; i++) who.spend('10.0.0.1', 1);
  for (const address of ['10.0.0.2', '10.0.0.3']) who.spend(address, 1);
  assert.equal(who.spend('10.0.0.1', 1), 1);
  who.spend('10.0.0.4', 1);
  // The second was forgotten, the first was not: it has come again since.
  assert.equal(who.spend('10.0.0.1', 1), 1);
  for (let i = 0; i < 4; i++) assert.equal(who.spend('10.0.0.2', 1), 0);
});

test('bytes are set aside up to the bound; what is there already counts beyond it', () => {
  const bytes = budget(100);
  const first = bytes.take(60);
  assert.ok(first !== undefined);
  assert.equal(bytes.take(41), undefined);
  const charged = bytes.charge(90);
  assert.equal(bytes.taken(), 150);
  first();
  assert.equal(bytes.take(11), undefined);
  charged();
  assert.ok(bytes.take(100) !== undefined);
});

test('a gate lets so many through, in order, whatever becomes of them', async () => {
  const through = gate(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const works = ends.map(({ promise }, i) =>
    through(async () => {
      begun.push(i);
      await promise;
      if (i === 1) throw new RangeError('fails');
      return i;
    }).catch(() => 'failed'),
  );
  await turn();
  assert.deepEqual(begun, [0, 1]);
  ends[1]!.resolve();
  await turn();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of ends) resolve();
  assert.deepEqual(await Promise.all(works), [0, 'failed', 2, 3, 4]);
  assert.equal(await through(async () => 'free'), 'free');
});

test('a gauge has a name of its own that fits its type', () => {
  const known = gauges();
  const read = (): number => 1;
  known.add({ name: 'repair_missing', help: 'Missing.', type: 'gauge', read });
  known.add({ name: 'repaired_total', help: 'Repaired.', type: 'counter', read });
  for (const [name, type] of [
    ['repair_missing', 'gauge'],
    ['Upper', 'gauge'],
    ['a b', 'gauge'],
    ['things_total', 'gauge'],
    ['things', 'counter'],
  ] as const) {
    assert.throws(() => known.add({ name, help: '', type, read }), RangeError);
  }
  assert.equal(known.all().length, 2);
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
