/**
 * Drafts of vectors: what a case asks and which answer it must get. The shipped core fills in the
 * fields and the derived values; an answer other than the expected one stops the generator.
 */

import { concat } from '@dsm/primitive';
import { find, toBase64url, toJson, type VectorCase, type VectorFile } from '@dsm/test';

export interface Draft {
  readonly name: string;
  readonly comment: string;
  readonly check?: string;
  readonly bytes?: Uint8Array;
  readonly padTo?: number;
  readonly given?: object;
  readonly signature?: true;
  readonly expect?: string;
}

export function finished(object: string, drafts: readonly Draft[]): VectorFile {
  const names = new Set(drafts.map(({ check = 'decode', name }) => `${check}: ${name}`));
  if (names.size !== drafts.length) throw new RangeError(`${object}: two cases have one name`);
  const cases = drafts.map((draft) => caseOf(object, draft));
  const wrong = cases.flatMap((found, i) => {
    const { name, expect = 'ok' } = drafts[i]!;
    return found.expect === expect ? [] : [`${name}: expected ${expect}, not ${found.expect}`];
  });
  if (wrong.length > 0) throw new RangeError(`${object}:\n${wrong.join('\n')}`);
  return { object, version: 1, cases };
}

function caseOf(object: string, draft: Draft): VectorCase {
  const { name, comment, check = 'decode', bytes, padTo, given, signature, expect = 'ok' } = draft;
  const asked: VectorCase = {
    name,
    comment,
    check,
    ...(bytes === undefined ? {} : { bytes: toBase64url(bytes) }),
    ...(padTo === undefined ? {} : { padTo }),
    ...(given === undefined ? {} : { given: toJson(given) }),
    ...(signature === undefined ? {} : { signature }),
    expect,
  };
  return { ...asked, ...find(object, asked) };
}

/** What every object refuses, whatever its fields. `max` is the greatest size on its page. */
export function spoiled(bytes: Uint8Array, max: number): readonly Draft[] {
  const bad = (name: string, comment: string, spoilt: Uint8Array, expect = 'malformed'): Draft => ({
    name,
    comment,
    bytes: spoilt,
    expect,
  });
  const otherKind = bytes[1] === 0x01 ? 0x02 : 0x01;
  return [
    {
      ...bad('too large', 'One byte more than the object may have.', bytes, 'too-large'),
      padTo: max + 1,
    },
    {
      ...bad(
        'as large as it may be',
        'Read, and refused only for what follows the last field.',
        bytes,
      ),
      padTo: max,
    },
    bad('nothing', 'No version, no kind.', new Uint8Array(0)),
    bad('a version alone', 'Fewer than two bytes.', bytes.slice(0, 1)),
    bad(
      'version 2',
      'A version that this table does not know.',
      bytes.with(0, 2),
      'unknown-version',
    ),
    bad('version 0', 'There is no version 0.', bytes.with(0, 0), 'unknown-version'),
    bad(
      'version D',
      'No object starts like the preimage of a hash.',
      bytes.with(0, 0x44),
      'unknown-version',
    ),
    bad(
      'another kind',
      'The bytes of another kind of object.',
      bytes.with(1, otherKind),
      'wrong-kind',
    ),
    bad(
      'version before kind',
      'Both are wrong: the version is looked at first.',
      bytes.with(0, 2).with(1, otherKind),
      'unknown-version',
    ),
    bad('a header alone', 'Version and kind without a body.', bytes.slice(0, 2)),
    bad('cut off', 'The last byte is missing.', bytes.slice(0, -1)),
    bad('a byte more', 'A zero byte after the last field.', concat(bytes, Uint8Array.of(0))),
  ];
}

/** A case of the decoder that must be refused as malformed. */
export function malformed(name: string, comment: string, bytes: Uint8Array): Draft {
  return { name, comment, bytes, expect: 'malformed' };
}

export function number(width: 1 | 2 | 4 | 8 | 16, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(width);
  let left = BigInt(value);
  for (let i = width - 1; i >= 0; i--) {
    bytes[i] = Number(left & 0xffn);
    left >>= 8n;
  }
  return bytes;
}

/** u32 length and the bytes. */
export function framed(bytes: Uint8Array): Uint8Array {
  return concat(number(4, bytes.length), bytes);
}

/** The bytes with others in place of those at `at`. */
export function patched(
  bytes: Uint8Array,
  at: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const made = bytes.slice();
  made.set(concat(...parts), at < 0 ? bytes.length + at : at);
  return made;
}

/** The bytes with `to` in place of the only `from`, which may have another length. */
export function swapped(bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const at = positionOf(bytes, from);
  return concat(bytes.slice(0, at), to, bytes.slice(at + from.length));
}

/** Where `part` stands; it must stand in one place only. */
export function positionOf(bytes: Uint8Array, part: Uint8Array): number {
  const at = Buffer.from(bytes).indexOf(part);
  if (at < 0 || Buffer.from(bytes).indexOf(part, at + 1) >= 0) {
    throw new RangeError('the part does not stand in one place');
  }
  return at;
}
