/** Mistakes in decoders that the fuzzer must find, one for each property and more. */

import type { SeededBug } from './bug.ts';

const codec = 'core/primitive/src/codec.ts';
const cursor = 'core/primitive/src/cursor.ts';

function by(target: string, runs = 20_000): SeededBug['by'] {
  return ['sim/fuzz/main.ts', target, '--runs', String(runs)];
}

export const bugs: readonly SeededBug[] = [
  {
    name: 'bytes-may-follow-a-value',
    why: 'one value has many spellings, and so many addresses',
    edits: [
      {
        file: codec,
        from: 'const isWhole = !r.bad() && r.left() === 0;',
        to: 'const isWhole = !r.bad();',
      },
    ],
    by: by('primitive/entry.entry'),
    finding: 'two spellings:',
  },
  {
    name: 'the-byte-of-an-option-may-be-two',
    why: 'what is left out is said in 255 ways',
    edits: [{ file: codec, from: 'if (there > 1) r.refuse();', to: '' }],
    by: by('wallet/halves.half'),
    finding: 'two spellings:',
  },
  {
    name: 'a-set-need-not-ascend',
    why: 'what was taken cannot be written again',
    edits: [{ file: codec, from: 'if (!r.bad() && !sorted(items)) r.refuse();', to: '' }],
    by: by('primitive/committee.membersCoder'),
    finding: 'throws:',
  },
  {
    name: 'any-number-is-one-of-a-few',
    why: 'a suite that does not exist is taken',
    edits: [
      {
        file: codec,
        from: 'if (!(values as readonly number[]).includes(n)) r.refuse();',
        to: '',
      },
    ],
    by: by('primitive/suite.suiteCoder'),
    finding: 'throws:',
  },
  {
    name: 'a-count-has-no-bound',
    why: 'a list of none or of thousands is taken',
    edits: [{ file: codec, from: 'if (count < min || count > max) r.refuse();', to: '' }],
    by: by('protocols/operation.inputs'),
    finding: 'throws:',
  },
  {
    name: 'a-number-beyond-two-to-the-53rd-is-taken',
    why: 'it is rounded, so two numbers become one',
    edits: [{ file: cursor, from: 'if (n > Number.MAX_SAFE_INTEGER) bad = true;', to: '' }],
    by: by('primitive/codec.u64'),
    finding: 'throws:',
  },
  {
    name: 'a-length-is-believed-before-it-is-looked-at',
    why: 'four bytes cost four gigabytes',
    edits: [
      { file: codec, from: 'if (length > max || length > r.left()) {', to: 'if (length < 0) {' },
      {
        file: cursor,
        from: 'new Uint8Array(length <= 1024 ? length : 0)',
        to: 'new Uint8Array(length)',
      },
    ],
    by: by('availability/advertisement.bodyCoder'),
    finding: 'allocation:',
  },
  {
    name: 'an-object-within-another-may-have-any-version',
    why: 'a nested object of another version is taken as one of this',
    edits: [
      {
        file: codec,
        from: 'if (r.u8() !== version || r.u8() !== kind) r.refuse();',
        to: 'if (r.u8() < 0 || r.u8() !== kind) r.refuse();',
      },
    ],
    by: by('primitive/step.signedStep'),
    finding: 'two spellings:',
  },
  {
    name: 'an-unknown-shape-is-an-exception',
    why: 'a stranger stops the program with one byte',
    edits: [
      {
        file: codec,
        from: 'if (shape === undefined) {\n        r.refuse();',
        to: "if (shape === undefined) {\n        throw new RangeError('no such shape');",
      },
    ],
    by: by('bilateral/message.message'),
    finding: 'throws: RangeError: no such shape',
  },
  {
    name: 'a-refusal-is-whatever-stands-there',
    why: 'callers who look a refusal up find nothing',
    edits: [
      {
        file: codec,
        from: "return { ok: false, refusal: 'wrong-kind' };",
        to: 'return { ok: false, refusal: bytes[1] as unknown as CodecRefusal };',
      },
    ],
    by: by('primitive/card.card'),
    finding: 'untyped refusal:',
  },
  {
    name: 'what-is-read-is-a-view-of-the-input',
    why: 'whoever uses the buffer again changes what was decoded',
    edits: [{ file: cursor, from: 'bytes.slice(from, at)', to: 'bytes.subarray(from, at)' }],
    by: by('wallet/notices.notice'),
    finding: 'shared bytes:',
  },
  {
    name: 'a-reader-wipes-what-it-refuses',
    why: 'whoever looks at refused bytes again sees something else',
    edits: [
      {
        file: codec,
        from: 'const isWhole = !r.bad() && r.left() === 0;',
        to: 'const isWhole = !r.bad() && r.left() === 0;\n  if (!isWhole) bytes.fill(0, 0, 1);',
      },
    ],
    by: by('primitive/step.step'),
    finding: 'changed input:',
  },
  {
    name: 'text-may-be-spelled-longer-than-it-need-be',
    why: 'two byte strings show the same name',
    edits: [
      {
        file: 'core/primitive/src/utf8.ts',
        from: 'return equal(utf8(value), bytes) ? value : undefined;',
        to: 'return value;',
      },
    ],
    by: by('primitive/utf8.fromUtf8'),
    finding: 'two spellings:',
  },
  {
    name: 'a-text-of-four-byte-letters-is-read-for-ever',
    why: 'six bytes stop the program',
    edits: [
      { file: 'core/primitive/src/utf8.ts', from: '    i += length;', to: '    i += length & 3;' },
    ],
    by: by('primitive/utf8.fromUtf8'),
    finding: 'endless:',
  },
  {
    name: 'a-tick-may-end-in-nothing',
    why: 'one amount has many spellings, and an amount of zero is paid',
    edits: [
      {
        file: 'core/protocols/src/tick.ts',
        from: 'if (byte === 0) return undefined;',
        to: '',
      },
    ],
    by: by('protocols/tick.readFrame'),
    finding: 'rule: a tick is nothing',
  },
  {
    name: 'a-name-has-bits-that-nobody-reads',
    why: 'four names in a URL lead to one object',
    edits: [
      {
        file: 'core/availability/src/name.ts',
        from: 'return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;',
        to: 'return bytes;',
      },
    ],
    by: by('availability/name.fromName'),
    finding: 'two spellings:',
  },
  {
    name: 'room-is-made-for-what-is-announced',
    why: 'whoever announces a mebibyte and sends four bytes holds a mebibyte',
    edits: [
      {
        file: 'core/availability/src/framing.ts',
        from: 'Math.min(wanted, Math.max(needed, room.length * 2, firstRoomBytes)),',
        to: 'wanted,',
      },
    ],
    by: by('availability/exchange.requestReader'),
    finding: 'allocation:',
  },
  {
    name: 'a-later-value-stands-in-front',
    why: 'a node votes for two values of one slot, and both are certified',
    edits: [
      {
        file: 'core/availability/src/register.ts',
        from: 'const later = [...values, { value, authorisation, hints }];',
        to: 'const later = [{ value, authorisation, hints }, ...values];',
      },
    ],
    by: by('explore/schedule.slots-two', 400_000),
    finding: 'rule:',
  },
  {
    name: 'a-percent-sign-in-the-url-of-a-shelf-is-an-exception',
    why: 'a mistyped setting is shown as a fault of the program',
    edits: [
      {
        file: 'apps/cli/src/node-engine.ts',
        from: 'unescaped(url.pathname)',
        to: 'decodeURIComponent(url.pathname)',
      },
    ],
    by: by('cli/node-engine.shelfPlace'),
    finding: 'throws: URIError',
  },
  {
    name: 'settings-are-laid-into-an-object-that-all-share',
    why: 'a file of settings gives every object a property',
    edits: [
      {
        file: 'apps/cli/src/settings.ts',
        from: 'const isText = Object.values(value)',
        to: 'for (const [name, one] of Object.entries(value)) Object.assign(({} as Record<string, object>)[name] ?? {}, one);\n    const isText = Object.values(value)',
      },
    ],
    by: by('cli/settings.parsed', 60_000),
    finding: 'pollution:',
  },
  {
    name: 'a-request-of-a-route-that-is-not-there-is-a-fault',
    why: 'any stranger makes the node report faults',
    edits: [
      {
        file: 'host/storage-node/src/desk.ts',
        from: "if (found === 'name') return problemReply('name');",
        to: "if (found === 'name') throw new RangeError('no name');",
      },
    ],
    by: by('storage-node/desk.serve', 60_000),
    finding: 'throws: RangeError: no name',
  },
];
