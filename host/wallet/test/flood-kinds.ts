/** The kinds of messages of a flood: real ones that were said before, and well-formed new ones. */

import assert from 'node:assert/strict';
import { card as cardObject, evidence, zero32, type Evidence } from '@dsm/primitive';
import { message as messageObject, type Message } from '@dsm/bilateral';
import { idBytes } from '../src/text.ts';
import type { Flood, Source } from './flooding.ts';

/** 32 bytes that differ for each number. */
function numbered(n: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(7);
  new DataView(bytes.buffer).setUint32(4, n);
  return bytes;
}

export function kindsOf({ recorded, market: { maya } }: Flood): ReadonlyMap<string, Source> {
  const first = (type: Message['type']): Uint8Array => {
    const bytes = recorded.get(type)?.[0];
    assert.ok(bytes !== undefined, `nobody said ${type}`);
    return bytes;
  };
  const made = (make: (n: number) => Message): Source => {
    return (n) => messageObject.encode(make(n));
  };
  const again = (bytes: Uint8Array): Source => {
    return () => bytes;
  };
  const token = idBytes('token', maya.token('ERA').id)!;
  const lies = forged(first('commit'), maya.id.card);
  return new Map<string, Source>([
    ['an old commit', again(first('commit'))],
    ['an old offer', again(first('offer'))],
    ['an offer that is consented to', again(recorded.get('offer')!.at(-1)!)],
    ['wants', made(() => ({ type: 'want', heads: [numbered(1)], tokens: [token] }))],
    ['marks', again(first('marks'))],
    ['an old absorption', again(first('absorbed'))],
    ['an old acknowledgement', again(first('ack'))],
    ['an old consent', again(first('consent'))],
    ['hello again', again(first('hello'))],
    [
      'parts that nobody asked for',
      made((n) => ({ type: 'parts', policies: [], parts: [numbered(n)] })),
    ],
    ['halves', made((n) => ({ type: 'half', position: numbered(n), half: numbered(n) }))],
    ['forged evidence', (n) => lies[n % lies.length]!],
    ['requests', made((n) => ({ type: 'request', challenge: numbered(n) }))],
    ['refusals', made((n) => ({ type: 'refuse', head: numbered(n), code: 'no', why: 'no' }))],
    ['challenges', made((n) => ({ type: 'challenge', nonce: numbered(n), card: numbered(n) }))],
    [
      'answers that nobody asked for',
      made((n) => ({ type: 'attest', attestation: numbered(n), mac: numbered(n) })),
    ],
    ['agreements', made((n) => ({ type: 'agreed', laneKey: numbered(n), mac: numbered(n) }))],
  ]);
}

/** One signed step twice, and the same with a signature of nobody. */
function forged(commit: Uint8Array, cardBytes: Uint8Array): Uint8Array[] {
  const said = messageObject.decode(commit);
  const card = cardObject.decode(cardBytes);
  assert.ok(said.ok && said.value.type === 'commit' && card.ok);
  const { signed } = said.value;
  const other = { ...signed, step: { ...signed.step, previous: zero32 } };
  const lies: Evidence[] = [
    { type: 'steps', card: card.value, later: [], first: signed, second: signed },
    { type: 'steps', card: card.value, later: [], first: signed, second: other },
  ];
  return lies.map((lie) =>
    messageObject.encode({ type: 'evidence', evidence: evidence.encode(lie) }),
  );
}
