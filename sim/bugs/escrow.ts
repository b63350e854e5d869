/**
 * Seeded bugs of escrows: what a payer may say, what a payee may leave with, and what comes of that.
 */

import type { SeededBug } from './bug.ts';

const explore = (bound: string): readonly string[] => ['sim/explore/main.ts', '--bound', bound];

const escrow = 'core/protocols/src/escrow.ts';
const exit = 'core/protocols/src/exit-part.ts';
const total = 'core/primitive/src/total.ts';
const slot = 'core/primitive/src/slot.ts';
const passage = 'core/bilateral/src/passage.ts';

export const bugs: readonly SeededBug[] = [
  {
    name: 'totals-fall',
    why: 'A payee takes a lower total than the one that it holds.',
    edits: [
      {
        file: escrow,
        from: "if (total <= escrow.total || count <= escrow.count) return 'total-falls';",
        to: "if (count <= escrow.count) return 'total-falls';",
      },
    ],
    by: explore('escrow-payee'),
    finding: 'totals-never-fall',
  },
  {
    name: 'locks-of-what-is-locked',
    why: 'A lock may be larger than what is left.',
    edits: [
      {
        file: escrow,
        from: "if (amount === 0n || amount > restOf(escrow)) return 'over-funded';",
        to: "if (amount === 0n || amount > escrow.note.amount) return 'over-funded';",
      },
    ],
    by: explore('escrow-payee'),
    finding: 'never-more-than-funded',
  },
  {
    name: 'cancels-at-will',
    why: 'A lock is taken back before the payee has given it up.',
    edits: [
      {
        file: escrow,
        from: "return lock.givenUp === 1 ? without(escrow, lock) : 'lock-kept';",
        to: 'return without(escrow, lock);',
      },
    ],
    by: explore('escrow-payer'),
    finding: 'payer-loses-what-it-said',
  },
  {
    name: 'claims-for-nothing',
    why: 'A claim takes the lock away and raises no total.',
    edits: [
      {
        file: escrow,
        from: 'return { ...without(escrow, lock), total: total + lock.amount, count: count + 1 };',
        to: 'return { ...without(escrow, lock), total, count: count + 1 };',
      },
    ],
    by: explore('escrow-payee'),
    finding: 'payee-gets-what-it-relied-on',
  },
  {
    name: 'one-given-up-all-given-up',
    why: 'That one lock is given up marks every lock so.',
    edits: [
      {
        file: escrow,
        from: 'equal(lock.hash, hash) ? { ...lock, givenUp: 1 as const } : lock,',
        to: 'hash.length === 32 ? { ...lock, givenUp: 1 as const } : lock,',
      },
    ],
    by: explore('escrow-payee'),
    finding: 'payee-gets-what-it-relied-on',
  },
  {
    name: 'nobody-said-it',
    why: 'A node takes an exit whose citation the payer has not signed.',
    edits: [
      {
        file: slot,
        from: 'exitAmount(backing) !== undefined &&\n    citationHolds(network, payerKey, citation)',
        to: 'exitAmount(backing) !== undefined &&\n    (network.length === 0 || citationHolds !== undefined)',
      },
    ],
    by: explore('escrow-payer'),
    finding: 'exit-cites-what-was-said',
  },
  {
    name: 'a-line-says-anything',
    why: 'The line of a total does not say the total, so one signature serves for all.',
    edits: [
      {
        file: total,
        from: "const value = hash('total', encodeWith(u128, total), encodeWith(locksCoder, locks));",
        to: "const value = hash('total', encodeWith(u128, total * 0n), encodeWith(locksCoder, locks));",
      },
    ],
    by: explore('escrow-payer'),
    finding: 'exit-cites-what-was-said',
  },
  {
    name: 'the-payer-leaves',
    why: 'The key of an exit is not compared with that of the escrow.',
    edits: [
      {
        file: slot,
        from: 'if (!equal(keyDigest(by.suite, by.publicKey), place.writer)) return false;',
        to: '',
      },
    ],
    by: explore('escrow-payer'),
    finding: 'only-the-payee-leaves',
  },
  {
    name: 'locks-open-without-their-slot',
    why: 'An exit is paid for a lock that was given up for certain.',
    edits: [
      {
        file: exit,
        from: "if (opened.length !== claim.preimages.length || areOpened === 'bad') return 'lock';\n  if (!areOpened) return 'version';",
        to: "if (opened.length > claim.preimages.length || areOpened === undefined) return 'lock';",
      },
    ],
    by: explore('escrow-payer'),
    finding: 'payer-loses-what-it-said',
  },
  {
    name: 'all-of-it-returns',
    why: 'The payer gets back all that the escrow held, beside what the payee gets.',
    edits: [
      {
        file: escrow,
        from: 'amount: note.amount - amount, ...bounds },',
        to: 'amount: note.amount, ...bounds },',
      },
    ],
    by: explore('escrow-payer'),
    finding: 'what-went-in-comes-out',
  },
  {
    name: 'one-head-two-exits',
    why: 'The value of the exit slot does not say which locks are paid.',
    edits: [
      {
        file: total,
        from: "return hash('exit', escrow, encodeWith(u128, total), encodeWith(paidCoder, paid));",
        to: "return hash('exit', escrow, encodeWith(u128, total), encodeWith(paidCoder, paid.slice(0, 0)));",
      },
    ],
    by: explore('escrow-payer'),
    finding: 'left-once',
  },
  {
    name: 'more-than-it-held',
    why: 'Two in league leave with more than the escrow held.',
    edits: [
      {
        file: exit,
        from: "if (!about || amount === undefined || amount > note.amount) return 'exit';",
        to: "if (!about || amount === undefined) return 'exit';",
      },
    ],
    by: explore('escrow-payer'),
    finding: 'nothing-out-of-nothing',
  },
  {
    name: 'exits-of-anything',
    why: 'What leaves an escrow counts as certified though what went in is not.',
    edits: [
      {
        file: exit,
        from: 'const holds = allHold([certificateHolds(claimed, slot, registries, policy), origin.certified]);',
        to: 'const holds = allHold([certificateHolds(claimed, slot, registries, policy), origin !== undefined]);',
      },
    ],
    by: explore('escrow-payer'),
    finding: 'exit-of-a-certified-fund',
  },
  {
    name: 'no-way-out',
    why: 'A node refuses an exit at total 0, so a payee that was never paid cannot leave.',
    edits: [
      {
        file: slot,
        from: 'exitAmount(backing) !== undefined &&',
        to: '(exitAmount(backing) ?? 0n) > 0n &&',
      },
    ],
    by: explore('escrow-payee'),
    finding: 'payee-can-leave',
  },
  {
    name: 'a-relay-that-leaves-early',
    why: 'A relay leaves the escrow of its incoming lock while the outgoing one may still be opened.',
    edits: [
      {
        file: passage,
        from: "return preimage === undefined ? 'wait' : 'open';",
        to: "return preimage === undefined ? 'free' : 'open';",
      },
    ],
    by: explore('relay'),
    finding: 'relay-never-loses',
  },
  {
    name: 'a-relay-that-gives-up-early',
    why: 'A relay gives its incoming lock up while it waits.',
    edits: [
      {
        file: passage,
        from: "if (incoming === 'declined') deeds.push('give-up');",
        to: "if (incoming === 'declined' || (incoming === 'held' && preimage === undefined)) deeds.push('give-up');",
      },
    ],
    by: explore('relay'),
    finding: 'relay-never-loses',
  },
  {
    name: 'a-relay-that-reads-no-exits',
    why: 'A relay does not take the preimage out of the exit of its payee.',
    edits: [
      {
        file: passage,
        from: "if (preimage === undefined) return lost(at, 'returned');",
        to: "if (preimage !== at.preimage || preimage === undefined) return lost(at, 'returned');",
      },
    ],
    by: explore('relay'),
    finding: 'relay-never-loses',
  },
  {
    name: 'opens-and-gives-up',
    why: 'A relay that knows the preimage gives the lock up as well.',
    edits: [
      {
        file: passage,
        from: "const declines = at.incoming === 'held' && at.preimage === undefined;",
        to: "const declines = at.incoming === 'held';",
      },
    ],
    by: explore('relay'),
    finding: 'a-lock-is-decided-once',
  },
];
