/** The thing in memory keeps the rules of the port, and refuses everybody after too many guesses. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAttestation } from '@dsm/portable';
import { installPortable } from '@dsm/portable';
import { bindingConformance } from '@dsm/ports/conformance';
import { memoryBinding, memoryThing, type MemoryThing } from '../src/device-binding.ts';

installPortable();

const things = new Map<string, MemoryThing>();

function thing(name: string): MemoryThing {
  const found = things.get(name) ?? memoryThing();
  things.set(name, found);
  return found;
}

bindingConformance('memory binding', (name) => memoryBinding(thing(name)), {
  asksForAuth: true,
  clonable: false,
  attests: true,
  elsewhere: 'wrong-device',
  isValid: async ({ key }, proof, challenge) =>
    (await checkAttestation({ key, proof }, challenge)) === undefined,
});

test('memory binding: too many wrong passphrases in a row shut it for everybody', async () => {
  const binding = memoryBinding(thing('guessed'), { failuresMax: 3 });
  const right = new Uint8Array(32).fill(1);
  const sealed = await binding.seal(right, right);
  for (let guess = 0; guess < 3; guess++) {
    await assert.rejects(binding.open(sealed, new Uint8Array(32)), { code: 'locked' });
  }
  await assert.rejects(binding.open(sealed, right), { code: 'locked-out' });
});

test('memory binding: what is forgotten does not open any more', async () => {
  const binding = memoryBinding(thing('forgetful'));
  const auth = new Uint8Array(32);
  const sealed = await binding.seal(auth, auth);
  await binding.forget(sealed);
  await assert.rejects(binding.open(sealed, auth), { code: 'wrong-device' });
});
