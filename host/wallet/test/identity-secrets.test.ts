/** Identity secrets: what words lead to, and that nothing else leads there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash, keyOf, concat } from '@dsm/primitive';
import { installPortable } from '@dsm/portable';
import type { Stretch, StretchInput } from '@dsm/ports';
import { wordsOf } from '@dsm/words';
import { identityFrom } from '../src/identity-secrets.ts';
import { networkId } from '../src/open.ts';

installPortable();

const words = wordsOf(new Uint8Array(32).fill(7));
const others = wordsOf(new Uint8Array(32).fill(8));
const home = networkId('home');

/** Stands for Argon2id: as different inputs, as different results, and it remembers what it was given. */
function quick(): Stretch & { readonly asked: StretchInput[] } {
  const asked: StretchInput[] = [];
  return {
    name: 'quick',
    asked,
    argon2id: async (input) => {
      asked.push({ ...input, message: input.message.slice() });
      return hash('mark', input.message, input.salt);
    },
  };
}

test('the words are stretched as the decision says', async () => {
  const stretch = quick();
  await identityFrom(words, home, stretch);
  assert.deepEqual(stretch.asked, [
    {
      message: new Uint8Array(32).fill(7),
      salt: hash('identity-salt', home),
      memoryKibibytes: 65_536,
      passes: 3,
      lanes: 1,
    },
  ]);
});

test('the same words, network and suite are the same identity', async () => {
  const [one, again] = [
    await identityFrom(words, home, quick()),
    await identityFrom(` ${words.toUpperCase()} `, home, quick()),
  ];
  assert.deepEqual(one.device(3), again.device(3));
  assert.deepEqual(one.authority(1).publicKey, again.authority(1).publicKey);
});

test('other words, networks, suites, devices and keys share nothing', async () => {
  const all = [
    await identityFrom(words, home, quick()),
    await identityFrom(others, home, quick()),
    await identityFrom(words, networkId('away'), quick()),
    await identityFrom(words, home, quick(), 2),
  ];
  const devices = all.flatMap((identity) => [0, 1, 2].map((n) => keyOf(identity.device(n))));
  assert.equal(new Set(devices).size, devices.length);
  // Suite 2 is slower to make and has the same path, so one key of each is enough.
  const keys = [
    ...all.map((identity) => keyOf(identity.authority(0).publicKey)),
    keyOf(all[0]!.authority(1).publicKey),
  ];
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(all[0]!.authority(0), all[0]!.authority(0), 'made once');
});

test('the two halves of a public key of two suites differ: no seed is shared', async () => {
  const one = await identityFrom(words, home, quick(), 1);
  const other = await identityFrom(words, home, quick(), 2);
  // The first half of an SLH-DSA public key is part of its seed.
  assert.notDeepEqual(
    one.authority(0).publicKey.slice(0, 16),
    other.authority(0).publicKey.slice(0, 16),
  );
});

test('numbers are u32', async () => {
  const identity = await identityFrom(words, home, quick());
  for (const wrong of [-1, 0.5, 2 ** 32]) {
    assert.throws(() => identity.device(wrong), RangeError);
    assert.throws(() => identity.authority(wrong), RangeError);
  }
  assert.deepEqual(
    identity.device(2 ** 32 - 1),
    hash(
      'device-secret',
      concat(
        hash('mark', new Uint8Array(32).fill(7), hash('identity-salt', home)),
        Uint8Array.of(1, 255, 255, 255, 255),
      ),
    ),
  );
});

test('what is no phrase is refused before anything is stretched', async () => {
  const stretch = quick();
  await assert.rejects(identityFrom('twelve words', home, stretch), { code: 'word-count' });
  assert.equal(stretch.asked.length, 0);
});
