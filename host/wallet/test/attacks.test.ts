/**
 * The attacks on identity that must fail (research §12), one by one, with the test that shows it. The
 * list fails if such a test is renamed or taken away, so that none is lost unseen.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');

/** What is tried, the file, and words of the names of the tests there. */
const attacks: readonly (readonly [string, string, ...string[]])[] = [
  [
    'storage is cloned to a second host',
    'host/wallet/test/capsules.test.ts',
    'a copied device is noticed when both have sent',
  ],
  [
    'storage is cloned to a second host',
    'host/wallet/test/copy.test.ts',
    'an online note is spent once: the second spender is refused',
  ],
  [
    'storage is cloned to a second host',
    'host/wallet/test/custody.test.ts',
    'nothing on the device is the words',
  ],
  [
    'an old capsule is restored, and its notes are spent',
    'host/wallet/test/recovery.test.ts',
    'what was spent after the last capsule is said to be spent',
  ],
  [
    'an old backup is restored, and its notes are spent',
    'host/wallet/test/restore.test.ts',
    'free online notes are taken over; spent ones and the purse are not',
  ],
  [
    'two successions',
    'core/identity/test/tree-chain.test.ts',
    'a device succeeds once: the second successor finds its predecessor gone',
  ],
  ['two recoveries', 'host/wallet/test/recovery.test.ts', 'two recoveries from the same words'],
  [
    'a tombstone by who is no authority',
    'core/identity/test/tree-chain.test.ts',
    'nobody but the authority in force retires a device',
  ],
  [
    'an answer to one challenge is shown for another; an emulator passes itself off',
    'core/identity/test/attestation.test.ts',
    'a challenge is for one nonce, one pair in these roles, one card and one level',
  ],
  [
    'a nonce is used again',
    'core/identity/test/capsule.test.ts',
    'the same rows sealed twice are never the same box',
  ],
  [
    'a device stands twice in the tree',
    'core/identity/test/tree-chain.test.ts',
    'nobody is added twice',
  ],
  [
    'the tree is not in its order',
    'core/identity/test/membership.test.ts',
    'devices stand ascending and once',
  ],
  [
    'a leaf is passed off as a node, or a node as a leaf',
    'core/identity/test/tree-chain.test.ts',
    'a leaf is no inner node',
  ],
  [
    'a number at its bound blocks all later ones',
    'core/identity/test/tree-chain.test.ts',
    'numbers end at their bound',
  ],
  [
    'twelve words',
    'host/wallet/test/recovery.test.ts',
    'twelve words and misspelt words are refused, with the nearest word named',
  ],
  [
    'contributions in another order',
    'core/identity/test/contributions.test.ts',
    'in whatever order it comes',
  ],
  [
    'one contribution twice',
    'core/identity/test/contributions.test.ts',
    'a commitment of another contributor is not one’s own',
  ],
  [
    'an authority that was replaced goes on beside the chain',
    'core/identity/test/membership.test.ts',
    'what is beside the pinned chain is not taken',
  ],
  [
    'a working key that was replaced goes on',
    'host/wallet/test/rotation-thief.test.ts',
    'whoever goes on with a key that was replaced is refused by who knows',
  ],
  [
    'capsules are replayed, rolled back or cut off',
    'core/identity/test/capsule.test.ts',
    'a replayed, missing, truncated or foreign capsule is refused',
  ],
  [
    'capsules are replayed, rolled back or cut off by nodes',
    'host/wallet/test/capsule-lies.test.ts',
    'a capsule that nodes replace by an older one',
  ],
  [
    'a stolen device certifies after the succession',
    'host/wallet/test/succeeded.test.ts',
    'a stolen old device has nothing left to certify after the restore',
  ],
  [
    'an emulator passes the literature’s envelope, moments are forged: it does, so nothing rests on it',
    'host/node/test/probe.test.ts',
    'laws of bytes that share nothing are one to the map, and an emulator is accepted',
  ],
  [
    'a certificate of one relationship is shown in another',
    'core/bilateral/test/contact.test.ts',
    'the agreement is signed by the device of the card, for this peer and this ciphertext',
  ],
  [
    'what binds a key of one relationship is shown in another',
    'core/identity/test/attestation.test.ts',
    'one pair in these roles',
  ],
];

for (const [attack, file, ...names] of attacks) {
  test(`${attack}: ${file}`, () => {
    const text = readFileSync(join(root, file), 'utf8');
    for (const name of names) assert.ok(text.includes(name), `there is no test "${name}"`);
  });
}
