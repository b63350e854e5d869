/** The adapters in memory pass the suites of their ports: they are the reference. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clockConformance,
  engineConformance,
  engineDiskConformance,
  entropyConformance,
  storeConformance,
  transportConformance,
  type EngineUnderTest,
} from '@dsm/ports/conformance';
import { KeystoreError, StoreError } from '@dsm/ports';
import { portableHash } from '@dsm/portable';
import { installHash, keyOf, utf8 } from '@dsm/primitive';
import {
  fixedClock,
  memoryEngine,
  memoryEnginePlace,
  memoryKeystore,
  memoryPlace,
  memoryStore,
  memoryTransport,
  seededEntropy,
  seededFaults,
  type FaultRates,
} from '@dsm/memory';

installHash(portableHash);

const inMemory = async (): Promise<EngineUnderTest> => {
  const place = memoryEnginePlace();
  let isFull = false;
  const open = { place, isFull: () => isFull };
  return {
    engine: memoryEngine(open),
    reopen: async () => memoryEngine(open),
    disk: {
      fill: () => {
        isFull = true;
      },
      free: () => {
        isFull = false;
      },
    },
  };
};
engineConformance('memory', inMemory, { runs: 50 });
engineDiskConformance('memory that is full', inMemory);

storeConformance('memory', async () => {
  const place = memoryPlace();
  let isFull = false;
  const open = { place, isFull: () => isFull };
  return {
    store: memoryStore(open),
    reopen: async () => memoryStore(open),
    disk: {
      fill: () => {
        isFull = true;
      },
      free: () => {
        isFull = false;
      },
    },
  };
});

transportConformance('memory', () => ({
  transport: memoryTransport(),
  address: '',
  nobody: 'nobody',
  unreadable: 'two words',
}));

entropyConformance('seeded', () => seededEntropy(1));
clockConformance('fixed', () => fixedClock(1_000));

test('the same seed gives the same bytes, another seed others', () => {
  const drawn = (seed: string | number): string => keyOf(seededEntropy(seed).bytes(100));
  assert.equal(drawn('a'), drawn('a'));
  assert.notEqual(drawn('a'), drawn('b'));
});

test('a fixed clock stands', () => {
  const clock = fixedClock(5);
  assert.deepEqual([clock.now(), clock.now()], [5, 5]);
});

test('a memory store says that it is full', async () => {
  const store = memoryStore({ isFull: (writes) => writes.length > 1 });
  const write = { key: utf8('k'), value: utf8('v') };
  await store.commit([write]);
  await assert.rejects(store.commit([write, write]), { name: 'StoreError', code: 'full' });
  await assert.rejects(store.commit([write, write]), StoreError);
});

test('a memory keystore keeps one secret of 32 bytes, once', async () => {
  const keystore = memoryKeystore();
  assert.equal(await keystore.open(), undefined);
  await assert.rejects(keystore.create(new Uint8Array(31)), RangeError);
  const secret = new Uint8Array(32).fill(7);
  await keystore.create(secret);
  secret.fill(0);
  assert.deepEqual(await keystore.open(), new Uint8Array(32).fill(7));
  await assert.rejects(keystore.create(secret), KeystoreError);
  assert.deepEqual(await keystore.open(), new Uint8Array(32).fill(7));
  assert.deepEqual(await memoryKeystore(secret).open(), new Uint8Array(32));
});

/** What arrives of `count` numbered messages of 100 bytes. */
async function arriving(seed: number, rates: FaultRates, count = 40): Promise<Uint8Array[]> {
  const transport = memoryTransport({ faults: seededFaults(seed, rates) });
  const listener = await transport.listen('a');
  const caller = await transport.connect('a');
  const taken = await listener.connections[Symbol.asyncIterator]().next();
  assert.ok(taken.done !== true);
  const got: Uint8Array[] = [];
  const reading = (async (): Promise<void> => {
    for (let m = await taken.value.receive(); m !== undefined; m = await taken.value.receive()) {
      got.push(m);
    }
  })();
  for (let n = 0; n < count; n++) await caller.send(new Uint8Array(100).fill(n));
  await caller.close();
  await reading;
  return got;
}

const numbers = (messages: readonly Uint8Array[]): number[] => messages.map((bytes) => bytes[0]!);
const sent = Array.from({ length: 40 }, (_, n) => n);

test('each fault does what it is called, and a seed repeats it', async () => {
  assert.deepEqual(numbers(await arriving(1, {})), sent);
  assert.deepEqual(await arriving(1, { drop: 1_000 }), []);
  assert.deepEqual(
    numbers(await arriving(1, { duplicate: 1_000 })),
    sent.flatMap((n) => [n, n]),
  );
  const dropped = numbers(await arriving(1, { drop: 300 }));
  assert.ok(dropped.length > 0 && dropped.length < sent.length);
  const swapped = numbers(await arriving(1, { reorder: 300 }));
  assert.notDeepEqual(
    swapped,
    swapped.toSorted((a, b) => a - b),
  );
  assert.ok((await arriving(1, { truncate: 1_000 })).every((m) => m.length > 0 && m.length < 100));
  for (const [n, message] of (await arriving(1, { flip: 1_000 })).entries()) {
    let bits = 0;
    for (const byte of message) bits += (byte ^ n).toString(2).replaceAll('0', '').length;
    assert.equal(bits, 1);
  }
  const all = { drop: 100, duplicate: 100, reorder: 100, truncate: 100, flip: 100 };
  assert.deepEqual(await arriving(2, all), await arriving(2, all));
  assert.notDeepEqual(await arriving(2, all), await arriving(3, all));
});
