/**
 * Passages, state by state: what each fact changes, and that it changes nothing else.
 *
 * The exploration in route.test.ts shows that nobody loses. This table says what every fact does in
 * every state, those included that an honest network never reaches.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockHash } from '@dsm/primitive';
import { installFakes, named } from '@dsm/primitive/fixture';
import {
  due,
  incomings,
  isSettled,
  learn,
  leaving,
  outgoings,
  receiving,
  type Deed,
  type Fact,
  type Incoming,
  type Outgoing,
  type Passage,
} from '../src/passage.ts';

installFakes();

const preimage = named('preimage');
const hash = lockHash(preimage);
const wrong = named('another preimage');

const states: readonly Passage[] = incomings.flatMap((incoming) =>
  outgoings.flatMap((outgoing) =>
    [undefined, preimage].map((known) => ({ hash, incoming, outgoing, preimage: known })),
  ),
);

/** A line of the table: where this holds, the fact changes that; the first line that fits counts. */
interface Line {
  readonly incoming?: readonly Incoming[];
  readonly outgoing?: readonly Outgoing[];
  /** Whether the preimage is known before. */
  readonly knows?: boolean;
  readonly becomes: {
    readonly incoming?: Incoming;
    readonly outgoing?: Outgoing;
    readonly learns?: true;
  };
}

const undecided: readonly Incoming[] = ['held', 'declined', 'given-up', 'opened'];

/** Of a preimage that fits, and is not known: it helps while a lock stands on either side. */
const learns: readonly Line[] = [
  { incoming: ['held'], knows: false, becomes: { learns: true } },
  { outgoing: ['held'], knows: false, becomes: { learns: true } },
];

const table: readonly (readonly [string, Fact, readonly Line[]])[] = [
  ['preimage', { type: 'preimage', preimage: preimage.slice() }, learns],
  ['wrong preimage', { type: 'preimage', preimage: wrong }, []],
  [
    'gone',
    { type: 'gone' },
    [
      {
        incoming: ['held'],
        outgoing: ['held'],
        knows: false,
        becomes: { incoming: 'declined', outgoing: 'gone' },
      },
      { outgoing: ['held'], becomes: { outgoing: 'gone' } },
    ],
  ],
  [
    'payee left, not paid',
    { type: 'payee-left', preimage: undefined },
    [
      { outgoing: ['gone'], becomes: { outgoing: 'returned' } },
      {
        incoming: ['held'],
        outgoing: ['held'],
        knows: false,
        becomes: { incoming: 'declined', outgoing: 'returned' },
      },
      { outgoing: ['held'], becomes: { outgoing: 'returned' } },
    ],
  ],
  [
    'payee left with the preimage',
    { type: 'payee-left', preimage: preimage.slice() },
    [
      { outgoing: ['gone'], becomes: { outgoing: 'returned' } },
      { outgoing: ['held'], knows: false, becomes: { outgoing: 'paid', learns: true } },
      { outgoing: ['held'], becomes: { outgoing: 'paid' } },
    ],
  ],
  ['claim said', { type: 'claim-said' }, [{ outgoing: ['held'], becomes: { outgoing: 'paid' } }]],
  [
    'cancel said',
    { type: 'cancel-said' },
    [{ outgoing: ['gone'], becomes: { outgoing: 'returned' } }],
  ],
  ['opened', { type: 'opened' }, [{ incoming: ['held'], becomes: { incoming: 'opened' } }]],
  [
    'given up',
    { type: 'given-up' },
    [{ incoming: ['held', 'declined'], becomes: { incoming: 'given-up' } }],
  ],
  [
    'claimed',
    { type: 'claimed', preimage: preimage.slice() },
    [
      { incoming: ['held'], knows: false, becomes: { incoming: 'paid', learns: true } },
      {
        incoming: undecided,
        outgoing: ['held'],
        knows: false,
        becomes: { incoming: 'paid', learns: true },
      },
      { incoming: undecided, becomes: { incoming: 'paid' } },
    ],
  ],
  [
    'claimed by another preimage',
    { type: 'claimed', preimage: wrong },
    [{ incoming: undecided, becomes: { incoming: 'paid' } }],
  ],
  [
    'cancelled',
    { type: 'cancelled' },
    [{ incoming: undecided, becomes: { incoming: 'returned' } }],
  ],
  [
    'left, paid',
    { type: 'left', pays: true },
    [{ incoming: undecided, becomes: { incoming: 'paid' } }],
  ],
  [
    'left, unpaid',
    { type: 'left', pays: false },
    [{ incoming: undecided, becomes: { incoming: 'returned' } }],
  ],
];

function fits({ incoming, outgoing, knows }: Line, at: Passage): boolean {
  return (
    (incoming?.includes(at.incoming) ?? true) &&
    (outgoing?.includes(at.outgoing) ?? true) &&
    (knows ?? at.preimage !== undefined) === (at.preimage !== undefined)
  );
}

for (const [name, fact, lines] of table) {
  test(`${name}: changes what the table says, and nothing else`, () => {
    for (const at of states) {
      const { learns: learnt, ...moved } = lines.find((line) => fits(line, at))?.becomes ?? {};
      const after = learn(at, fact);
      const said = `${at.incoming}, ${at.outgoing}, ${at.preimage === undefined}`;
      assert.deepEqual(after, { ...at, ...moved, ...(learnt && { preimage }) }, said);
      if (at.preimage !== undefined) assert.equal(after.preimage, at.preimage, said);
    }
  });
}

test('what is due follows from both locks and the preimage', () => {
  for (const at of states) {
    const knows = at.preimage !== undefined;
    const deeds: readonly (readonly [boolean, Deed])[] = [
      [at.outgoing === 'held' && knows, 'claim'],
      [at.outgoing === 'gone', 'cancel'],
      [at.incoming === 'held' && knows, 'reveal'],
      [at.incoming === 'held' && knows, 'open'],
      [at.incoming === 'declined', 'give-up'],
      [at.incoming === 'given-up', 'show'],
    ];
    const expected = deeds.filter(([isDue]) => isDue).map(([, deed]) => deed);
    assert.deepEqual(due(at).toSorted(), expected.toSorted());
  }
});

test('an exit waits, opens, pays or is free by the incoming lock alone', () => {
  for (const at of states) {
    const held = at.preimage === undefined ? 'wait' : 'open';
    const other = at.incoming === 'opened' ? 'pays' : 'free';
    assert.equal(leaving(at), at.incoming === 'held' ? held : other);
  }
});

test('settled is what has no lock standing or to be taken back on either side', () => {
  for (const at of states) {
    const ends = ['none', 'paid', 'returned'];
    assert.equal(isSettled(at), ends.includes(at.incoming) && ends.includes(at.outgoing));
  }
});

test('a recipient holds the lock of its preimage, and can open it', () => {
  const at = receiving(preimage);
  assert.deepEqual(at, { hash, incoming: 'held', outgoing: 'none', preimage });
  assert.deepEqual(due(at), ['reveal', 'open']);
});
