/** The tokens of the vectors, one of each sort, and the notes, inputs and outputs that are theirs. */

import { compare, lockHash, registryLineage, type Registry } from '@dsm/primitive';
import {
  allowList,
  forms,
  noteBlind,
  noteId,
  policy,
  tokenId,
  type Escrow,
  type Input,
  type Note,
  type Output,
  type Policy,
} from '@dsm/protocols';
import {
  alice,
  bob,
  carol,
  dora,
  drawn,
  emil,
  network,
  puppetRegistry,
  votingRegistry,
  type Actor,
} from './world.ts';

export function policyFor(
  issuer: Actor,
  registry: Registry,
  changes: Partial<Policy> = {},
): Policy {
  return {
    network,
    registry: registryLineage(registry),
    ticker: 'EUR',
    name: 'Euro of the vectors',
    form: forms.fungible,
    decimals: 2,
    cap: 1_000_000n,
    threshold: 1,
    members: [issuer.key],
    bad: 0,
    burn: 0,
    allowed: undefined,
    suites: [1, 2],
    anchors: [],
    depthMax: 8,
    receiptsMax: 64,
    ...changes,
  };
}

export const ascendingKeys = (...of: readonly Actor[]): readonly Uint8Array[] =>
  of.map(({ key }) => key).toSorted(compare);

/** A token of a puppet issuer. */
export const euro: Policy = policyFor(carol, puppetRegistry);
/** A token whose issuer is alice, who signs. */
export const coin: Policy = policyFor(alice, votingRegistry, { ticker: 'COIN', name: 'Coin' });
/** Two of three issuers, all of whom sign; may be burnt; spent by keys of suite 1 only. */
export const guild: Policy = policyFor(alice, votingRegistry, {
  ticker: 'GUILD',
  name: 'Guild',
  threshold: 2,
  members: ascendingKeys(alice, dora, emil),
  burn: 1,
  suites: [1],
});
/** A series of items. */
export const title: Policy = policyFor(alice, votingRegistry, {
  ticker: 'TITLE',
  name: 'Titles',
  form: forms.unique,
  decimals: 0,
  cap: 10n,
  burn: 1,
});
/** Items that stay with the device that they were issued to. */
export const badge: Policy = policyFor(alice, votingRegistry, {
  ticker: 'BADGE',
  name: 'Badges',
  form: forms.credential,
  decimals: 0,
  cap: 10n,
  burn: 1,
});
/** For bob, carol and two others only; may be burnt. */
export const clubMembers: readonly Uint8Array[] = [
  bob.id,
  carol.id,
  drawn('a member'),
  drawn('another member'),
];
export const club: Policy = policyFor(carol, puppetRegistry, {
  ticker: 'CLUB',
  name: 'Club',
  burn: 1,
  allowed: allowList(clubMembers).root(),
});
/** Spent by keys of suite 2 only, which none of the signers has. */
export const slow: Policy = policyFor(alice, votingRegistry, {
  ticker: 'SLOW',
  name: 'Slow',
  suites: [2],
});

export const euroBytes: Uint8Array = policy.encode(euro);
export const coinBytes: Uint8Array = policy.encode(coin);
export const guildBytes: Uint8Array = policy.encode(guild);
export const titleBytes: Uint8Array = policy.encode(title);
export const badgeBytes: Uint8Array = policy.encode(badge);
export const clubBytes: Uint8Array = policy.encode(club);
export const slowBytes: Uint8Array = policy.encode(slow);
export const euroId: Uint8Array = tokenId(euro);
export const coinId: Uint8Array = tokenId(coin);

export const policyOf = (token: Uint8Array): Policy | undefined =>
  [euro, coin].find((one) => tokenId(one).join() === token.join());

export function noteFor(owner: Actor, token: Uint8Array, changes: Partial<Note> = {}): Note {
  return {
    token,
    source: drawn('the entry that made the note'),
    index: 0,
    owner: owner.id,
    key: owner.key,
    amount: 100n,
    kind: 0,
    depth: 0,
    receipts: 1,
    ...changes,
  };
}

export const blindSecret: Uint8Array = drawn('the secret of the blinds');

export function blindOf(note: Note): Uint8Array {
  return noteBlind(blindSecret, noteId(note.source, note.index));
}

export function inputOf(note: Note): Input {
  const { source, index, key, amount, kind, depth, receipts } = note;
  return { source, index, key, amount, kind, depth, receipts, blind: blindOf(note) };
}

export function outputTo(owner: Actor, amount: bigint, changes: Partial<Output> = {}): Output {
  return { owner: owner.id, key: owner.key, amount, kind: 0, depth: 1, receipts: 2, ...changes };
}

/** As an issue makes them: nothing behind them. */
export function freshTo(owner: Actor, amount: bigint, changes: Partial<Output> = {}): Output {
  return outputTo(owner, amount, { depth: 0, receipts: 1, ...changes });
}

/** An escrow of 100 in the middle of its life: 30 paid, 20 and 10 locked, the 10 given up. */
export function escrowFor(payer: Actor, payee: Actor, token: Uint8Array): Escrow {
  const note = noteFor(payee, token, {
    source: drawn('the fund'),
    index: 1,
    kind: 2,
    depth: 1,
    receipts: 2,
  });
  const locks = [
    {
      hash: lockHash(preimages[0]!),
      amount: 20n,
      route: drawn('a route', 40),
      givenUp: 0 as const,
    },
    { hash: lockHash(preimages[1]!), amount: 10n, route: new Uint8Array(0), givenUp: 1 as const },
  ];
  return {
    note,
    payer: payer.id,
    payerKey: payer.key,
    total: 30n,
    count: 3,
    ticks: drawn('ticks'),
    locks: locks.toSorted((a, b) => compare(a.hash, b.hash)),
  };
}

/** Three preimages in the order of their hashes; the third opens no lock of the escrow above. */
export const preimages: readonly Uint8Array[] = [0, 1, 2]
  .map((i) => drawn(`preimage ${i}`))
  .toSorted((a, b) => compare(lockHash(a), lockHash(b)));
