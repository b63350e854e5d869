/**
 * Who says what in each bound of the space of lineages.
 */

import { noteKinds, type NoteKind } from '@dsm/protocols';
import { checkedScene, issued, outputTo, spend, type Claimed } from './lineage-scene.ts';

/**
 * puppets  one note, split twice; each half goes on, and both halves are spent together
 * purse    one note, loaded into a purse or split; a coin is spent twice
 * issuer   the issuer says two first issues, and goes on after one of them
 * remint   one note, split twice; one half is made anew
 */
export type LineageCast = 'puppets' | 'purse' | 'issuer' | 'remint';

export interface Claims {
  readonly claims: readonly Claimed[];
  readonly forgeries: readonly Claimed[];
}

const whole = 16n;
const purse: NoteKind = noteKinds.purse;

const first = issued({
  name: 'issue 1',
  index: 1,
  amount: whole,
  total: whole,
  outputs: [outputTo('cheat', whole)],
});
const splitOne = spend({
  name: 'split to puppet 1',
  inputs: [{ of: first, index: 0 }],
  outputs: [['puppet 1', whole]],
});
const splitTwo = spend({
  name: 'split to puppet 2',
  inputs: [{ of: first, index: 0 }],
  outputs: [['puppet 2', whole]],
});
const onwardsOne = spend({
  name: 'puppet 1 pays A',
  inputs: [{ of: splitOne, index: 0 }],
  outputs: [['payee A', whole]],
});
const onwardsTwo = spend({
  name: 'puppet 2 pays B',
  inputs: [{ of: splitTwo, index: 0 }],
  outputs: [['payee B', whole]],
});

/** What a cheat with the keys of its puppets can say that no rule allows. */
const forgeries: readonly Claimed[] = [
  spend({
    name: 'a larger note',
    inputs: [{ of: splitOne, index: 0 }],
    outputs: [['payee A', whole * 2n]],
    lie: { amount: whole * 2n },
  }),
  spend({
    name: 'a note as one of a purse',
    inputs: [{ of: splitOne, index: 0 }],
    outputs: [['payee A', whole]],
    lie: { kind: purse },
  }),
  spend({
    name: 'a note of another',
    inputs: [{ of: splitOne, index: 0 }],
    outputs: [['payee A', whole]],
    signer: 'cheat',
  }),
  spend({
    name: 'slots for something else',
    inputs: [{ of: splitOne, index: 0 }],
    outputs: [['payee A', whole]],
    lists: 'another value',
  }),
  issued({
    name: 'issued by the cheat',
    index: 1,
    amount: whole,
    total: whole,
    outputs: [outputTo('cheat', whole)],
    signer: 'cheat',
  }),
  issued({
    name: 'issued beyond the cap',
    index: 1,
    amount: 21n,
    total: 21n,
    outputs: [outputTo('cheat', 21n)],
    isForged: true,
  }),
  issued({
    name: 'a total that forgets',
    parent: first,
    index: 2,
    amount: whole,
    total: whole,
    outputs: [outputTo('cheat', whole)],
    isForged: true,
  }),
  issued({
    name: 'made anew with more',
    parent: first,
    index: 2,
    amount: 1n,
    total: whole + 1n,
    outputs: [outputTo('puppet 1', whole + 1n)],
    remint: [{ of: splitOne, index: 0 }],
    isForged: true,
  }),
];

function puppets(): readonly Claimed[] {
  const again = spend({
    name: 'puppet 1 pays B',
    inputs: [{ of: splitOne, index: 0 }],
    outputs: [['payee B', whole]],
  });
  const both = spend({
    name: 'both puppets pay A',
    inputs: [
      { of: splitOne, index: 0 },
      { of: splitTwo, index: 0 },
    ],
    outputs: [['payee A', whole * 2n]],
  });
  const more = spend({
    name: 'puppet 1 pays more than there is',
    inputs: [{ of: splitOne, index: 0 }],
    outputs: [['payee A', whole + 1n]],
  });
  return [first, splitOne, splitTwo, onwardsOne, onwardsTwo, again, both, more];
}

function pursed(): readonly Claimed[] {
  const load = spend({
    name: 'load',
    type: 'load',
    inputs: [{ of: first, index: 0 }],
    outputs: [
      ['cheat', 8n, purse],
      ['cheat', 8n, purse],
    ],
  });
  const coin = (name: string, index: number, to: 'payee A' | 'payee B'): Claimed =>
    spend({ name, inputs: [{ of: load, index }], outputs: [[to, 8n]] });
  return [
    first,
    splitOne,
    onwardsOne,
    load,
    coin('a coin to A', 0, 'payee A'),
    coin('the same coin to B', 0, 'payee B'),
    coin('another coin to A', 1, 'payee A'),
  ];
}

function issuers(): readonly Claimed[] {
  const other = issued({
    name: 'issue 1 again',
    index: 1,
    amount: whole,
    total: whole,
    outputs: [outputTo('puppet 1', whole)],
  });
  const after = (parent: Claimed, name: string): Claimed =>
    issued({
      name,
      parent,
      index: 2,
      amount: 4n,
      total: whole + 4n,
      outputs: [outputTo('puppet 2', 4n)],
    });
  const ofOther = spend({
    name: 'puppet 1 pays A',
    inputs: [{ of: other, index: 0 }],
    outputs: [['payee A', whole]],
  });
  const second = after(first, 'issue 2');
  const ofSecond = spend({
    name: 'puppet 2 pays B',
    inputs: [{ of: second, index: 0 }],
    outputs: [['payee B', 4n]],
  });
  // This issuer goes on after whatever it likes.
  return [
    first,
    other,
    second,
    after(other, 'issue 2 after the other'),
    splitOne,
    ofOther,
    ofSecond,
  ].map((claim) => ({ ...claim, asks: [] }));
}

function reminted(): readonly Claimed[] {
  const remint = issued({
    name: 'remint',
    parent: first,
    index: 2,
    amount: 0n,
    total: whole,
    outputs: [outputTo('puppet 1', whole)],
    remint: [{ of: splitOne, index: 0 }],
  });
  const more = issued({
    name: 'issue 2',
    parent: first,
    index: 2,
    amount: 4n,
    total: whole + 4n,
    outputs: [outputTo('puppet 2', 4n)],
  });
  const anew = spend({
    name: 'the new note to A',
    inputs: [{ of: remint, index: 0 }],
    outputs: [['payee A', whole]],
  });
  return [first, splitOne, splitTwo, onwardsOne, remint, more, anew];
}

export function lineageClaims(cast: LineageCast): Claims {
  const all: Readonly<Record<LineageCast, () => readonly Claimed[]>> = {
    puppets,
    purse: pursed,
    issuer: issuers,
    remint: reminted,
  };
  return { claims: checkedScene(all[cast]()), forgeries: checkedScene(forgeries) };
}
