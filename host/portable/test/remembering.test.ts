/** What was verified is not verified again, and nothing else passes for it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signatures } from '@dsm/primitive';
import { installPortable, portableSignatures, rememberingSignatures } from '../src/index.ts';

installPortable();

const context = Uint8Array.of(1, 2);
const message = new Uint8Array(32).fill(3);
const pair = portableSignatures.keyPair('ml-dsa-65', new Uint8Array(32).fill(1));
const signature = portableSignatures.sign(pair.secretKey, message, context);

function counted(): { readonly inner: Signatures; readonly calls: () => number } {
  let calls = 0;
  const verify: Signatures['verify'] = (...given) => {
    calls += 1;
    return portableSignatures.verify(...given);
  };
  return { inner: { ...portableSignatures, verify }, calls: () => calls };
}

test('a good signature is verified once', () => {
  const { inner, calls } = counted();
  const { verify } = rememberingSignatures(inner);
  for (let i = 0; i < 3; i++) {
    assert.equal(verify('ml-dsa-65', pair.publicKey, message, signature, context), true);
  }
  assert.equal(calls(), 1);
});

test('one changed byte anywhere is looked at anew and refused', () => {
  const { inner, calls } = counted();
  const { verify } = rememberingSignatures(inner);
  verify('ml-dsa-65', pair.publicKey, message, signature, context);
  const changed = (bytes: Uint8Array): Uint8Array => bytes.with(0, bytes[0]! ^ 1);
  assert.equal(verify('ml-dsa-65', changed(pair.publicKey), message, signature, context), false);
  assert.equal(verify('ml-dsa-65', pair.publicKey, changed(message), signature, context), false);
  assert.equal(verify('ml-dsa-65', pair.publicKey, message, changed(signature), context), false);
  assert.equal(verify('ml-dsa-65', pair.publicKey, message, signature, changed(context)), false);
  // A byte that moves from the context to the message is another claim, too.
  const moved = [context.subarray(0, 1), Uint8Array.of(2, ...message)] as const;
  assert.equal(verify('ml-dsa-65', pair.publicKey, moved[1], signature, moved[0]), false);
  assert.equal(calls(), 6);
  verify('ml-dsa-65', pair.publicKey, changed(message), signature, context);
  assert.equal(calls(), 7);
});

test('no more is remembered than the bound', () => {
  const { inner, calls } = counted();
  const { verify } = rememberingSignatures(inner, 1);
  const other = new Uint8Array(32).fill(4);
  const second = portableSignatures.sign(pair.secretKey, other, context);
  const first = (): boolean => verify('ml-dsa-65', pair.publicKey, message, signature, context);
  assert.ok(first() && verify('ml-dsa-65', pair.publicKey, other, second, context) && first());
  assert.equal(calls(), 3);
});
