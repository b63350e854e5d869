/**
 * One opinion: the two implementations of each primitive are asked the same, valid and damaged, and
 * must answer the same. Signatures of one are verified by the other; secrets cross both ways.
 */

import { nativeHash, nativeKem, nativeSignatures } from '@dsm/node';
import { portableAead, portableHash, portableKem, portableSignatures } from '@dsm/portable';
import { sizes, type Algorithm } from '@dsm/primitive';
import { oracleOpen, oracleSeal } from './oracle.ts';
import { draw, type Draw } from './draw.ts';

/** What a comparison came to: how many answers were compared, and how many of them were yes. */
export interface Compared {
  readonly cases: number;
  readonly taken: number;
  /** Differences, in a sentence each. */
  readonly findings: readonly string[];
}

interface Tally {
  cases: number;
  taken: number;
  readonly findings: string[];
}

const tally = (): Tally => ({ cases: 0, taken: 0, findings: [] });

function compare<T>(
  to: Tally,
  what: string,
  one: T,
  other: T,
  same: (a: T, b: T) => boolean,
): void {
  to.cases += 1;
  if (!same(one, other)) to.findings.push(what);
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

export function compareHashes(seed: number, count: number): Compared {
  const from = draw(seed, 'hash');
  const to = tally();
  for (let i = 0; i < count; i++) {
    const length = from.below(from.below(20) === 0 ? 70_000 : 2_200);
    const input = from.bytes(length);
    const what = `BLAKE3 of ${length} bytes, case ${i} of seed ${seed}`;
    compare(to, what, nativeHash.blake3(input), portableHash.blake3(input), sameBytes);
    to.taken += 1;
  }
  return to;
}

/** One key signs, and then what is signed is damaged `count` times, key, message and context too. */
export function compareSignatures(algorithm: Algorithm, seed: number, count: number): Compared {
  const from = draw(seed, algorithm);
  const to = tally();
  const perKey = 64;
  for (let made = 0; made < count; made += perKey) {
    const keySeed = from.bytes(sizes[algorithm].seed);
    const native = nativeSignatures.keyPair(algorithm, keySeed);
    const portable = portableSignatures.keyPair(algorithm, keySeed);
    const about = `${algorithm}, key ${made / perKey} of seed ${seed}`;
    compare(to, `${about}: public keys`, native.publicKey, portable.publicKey, sameBytes);
    const message = from.bytes(from.below(200));
    const context = from.bytes(from.below(256));
    // Both sign; 128s takes a second in the portable one, so that side signs in turns there.
    const bySlow = algorithm !== 'slh-dsa-sha2-128s' || made === 0;
    const signed = [nativeSignatures.sign(native.secretKey, message, context)];
    if (bySlow) signed.push(portableSignatures.sign(portable.secretKey, message, context));
    for (const signature of signed) {
      askBoth(
        to,
        algorithm,
        `${about}, valid`,
        native.publicKey,
        message,
        signature,
        context,
        true,
      );
    }
    for (let i = signed.length; i < perKey && made + i < count; i++) {
      const part = from.below(8);
      const signature = part < 5 ? from.damaged(signed[i % signed.length]!) : signed[0]!;
      askBoth(
        to,
        algorithm,
        `${about}, case ${i}`,
        part === 5 ? from.damaged(native.publicKey) : native.publicKey,
        part === 6 ? from.damaged(message) : message,
        signature,
        part === 7 ? from.damaged(context) : context,
      );
    }
  }
  return to;
}

function askBoth(
  to: Tally,
  algorithm: Algorithm,
  what: string,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  context: Uint8Array,
  expected?: boolean,
): void {
  const [native, portable] = [nativeSignatures, portableSignatures].map((by) =>
    by.verify(algorithm, publicKey, message, signature, context),
  ) as [boolean, boolean];
  compare(to, what, native, portable, (a, b) => a === b);
  if (expected !== undefined && native !== expected) to.findings.push(`${what}: not valid`);
  if (native) to.taken += 1;
}

export function compareKems(seed: number, count: number): Compared {
  const from = draw(seed, 'kem');
  const to = tally();
  for (let i = 0; i < count; i++) {
    const keySeed = from.bytes(64);
    const [native, portable] = [nativeKem.keyPair(keySeed), portableKem.keyPair(keySeed)];
    const about = `ML-KEM-768, key ${i} of seed ${seed}`;
    compare(to, `${about}: public keys`, native.publicKey, portable.publicKey, sameBytes);
    for (const by of [nativeKem, portableKem]) {
      const { ciphertext, secret } = by.encapsulate(native.publicKey)!;
      compare(to, `${about}: ${by.name}`, native.decapsulate(ciphertext), secret, sameBytes);
      compare(to, `${about}: ${by.name}`, portable.decapsulate(ciphertext), secret, sameBytes);
      const foreign = from.damaged(ciphertext);
      const answers = [native, portable].map((pair) => pair.decapsulate(foreign));
      compare(to, `${about}: a damaged ciphertext`, answers[0], answers[1], sameBytes);
      to.taken += 2;
    }
    compareKeys(to, `${about}: a damaged public key`, from.damaged(native.publicKey));
  }
  return to;
}

/** Both take a public key, or neither does. */
function compareKeys(to: Tally, what: string, publicKey: Uint8Array): void {
  const takes = [nativeKem, portableKem].map((by) => by.encapsulate(publicKey) !== undefined);
  compare(to, what, takes[0], takes[1], (a, b) => a === b);
}

export function compareAeads(seed: number, count: number): Compared {
  const from = draw(seed, 'aead');
  const to = tally();
  for (let i = 0; i < count; i++) {
    const [key, nonce] = [from.bytes(32), from.bytes(24)];
    const [plaintext, associated] = [from.bytes(from.below(300)), from.bytes(from.below(100))];
    const about = `XChaCha20-Poly1305, case ${i} of seed ${seed}`;
    const sealed = portableAead.seal(key, nonce, plaintext, associated);
    compare(to, about, sealed, oracleSeal(key, nonce, plaintext, associated), sameBytes);
    compareOpening(to, from, about, [key, nonce, sealed, associated]);
  }
  return to;
}

function compareOpening(
  to: Tally,
  from: Draw,
  about: string,
  [key, nonce, sealed, associated]: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array],
): void {
  const part = from.below(4);
  const asked = [key, nonce, sealed, associated].map((bytes, at) =>
    at === part ? from.damaged(bytes) : bytes,
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const opened = portableAead.open(...asked);
  compare(to, `${about}: opened`, opened, oracleOpen(...asked), sameBytes);
  if (opened !== undefined) to.taken += 1;
}
