/** Vectors of whether a write is the slot's writer's: every kind of slot, and what each asks for. */

import {
  incarnationPosition,
  keyDigest,
  kinds,
  lockHash,
  lockPosition,
  slotKey,
  slotListRoot,
  slotWrite,
  statementDigest,
  type Authorisation,
  type Backing,
  type Citation,
  type ExitClaim,
  type SlotPlace,
} from '@dsm/primitive';
import { escrowId, issuePlace, spendPlace } from '@dsm/protocols';
import { authorisedBy, authorisedByAll, authorisedByRoot, citedBy, exitedBy } from './authorise.ts';
import type { Draft } from './draft.ts';
import { coin, coinId, escrowFor, guild, noteFor, preimages } from './tokens.ts';
import { alice, bob, bobCard, dora, drawn, emil, frida, network, signed } from './world.ts';

interface Written {
  readonly place: SlotPlace;
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
}

function draft(
  name: string,
  comment: string,
  write: Written,
  expect: 'ok' | 'refused' = 'refused',
  changes: object = {},
): Draft {
  return {
    name,
    comment,
    check: 'authorised',
    bytes: slotWrite.encode({ ...write, hint: undefined, certificate: undefined }),
    given: { network, ...changes },
    expect,
  };
}

/** Only the signatures are wrong: who has none cannot tell. */
const unsigned = (name: string, comment: string, write: Written, changes: object = {}): Draft => ({
  ...draft(name, comment, write, 'refused', changes),
  signature: true,
});
const holds = (name: string, comment: string, write: Written): Draft => ({
  ...draft(name, comment, write, 'ok'),
  signature: true,
});
const changed = (of: Written, change: Partial<Authorisation>): Written => ({
  ...of,
  authorisation: { ...of.authorisation, ...change },
});

const value = drawn('a value');
const byKey = (place: SlotPlace, backing?: Backing): Written => ({
  place,
  value,
  authorisation: authorisedBy(alice, place, value, backing),
});
const spend = byKey(spendPlace(noteFor(alice, coinId)));
const issuing = byKey(issuePlace(coinId, coin));
const escrow = escrowFor(alice, dora, coinId);
const id = escrowId(escrow);
const locks = escrow.locks.map(({ hash, amount }) => ({ hash, amount }));
const citation = citedBy(alice, { escrow: id, total: 30n, locks });
const exit = (claim: Partial<ExitClaim> = {}): Written =>
  exitedBy(dora, alice, { citation, preimages: [], ...claim });
const locked: Written = (() => {
  const place = {
    kind: 6,
    writer: alice.key,
    position: lockPosition(id, lockHash(preimages[0]!)),
  } as const;
  return byKey(place);
})();
const restored: Written = (() => {
  const place = {
    kind: 4,
    writer: keyDigest(alice.suite, alice.rootKey),
    position: incarnationPosition(alice.id, 1),
  } as const;
  return { place, value, authorisation: authorisedByRoot(alice, place, value) };
})();

const guildPlace = issuePlace(coinId, guild);
const byGuild = (...signers: Parameters<typeof authorisedByAll>[1]): Written => ({
  place: guildPlace,
  value,
  authorisation: authorisedByAll(guild, signers, guildPlace, value),
});
const two = byGuild(alice, dora);
const { backing } = two.authorisation;
if (backing?.type !== 'committee') throw new RangeError('a committee backs its issues');
const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(9, bytes[9]! ^ 1);
/** Signed as if it were of another kind. */
const signedAs = (of: Written, kind: number): Written => {
  const digest = statementDigest(
    of.authorisation.body,
    slotListRoot([{ key: slotKey(of.place), value: of.value }]),
  );
  return changed(of, { signature: signed(alice, kind as typeof kinds.step, digest) });
};

const plain: readonly Draft[] = [
  holds('a spend', 'By the key of the note.', spend),
  holds('an issue', 'By the only issuer.', issuing),
  holds('an incarnation', 'By the root key.', restored),
  holds('a lock', 'By the payee’s key.', locked),
  draft('a spend by a stranger', 'Not the key of the note.', {
    ...spend,
    authorisation: authorisedBy(frida, spend.place, value),
  }),
  draft('an issue by a stranger', 'Not the issuer.', {
    ...issuing,
    authorisation: authorisedBy(frida, issuing.place, value),
  }),
  draft('an incarnation by a working key', 'Not the root key.', {
    ...restored,
    authorisation: authorisedBy(alice, restored.place, value),
  }),
  unsigned('a bit of the signature', 'One bit is another.', {
    ...changed(spend, { signature: flipped(spend.authorisation.signature) }),
  }),
  unsigned('another value', 'Not what was signed.', { ...spend, value: drawn('x') }),
  unsigned('another body', 'Not what was signed.', changed(spend, { body: drawn('x') })),
  unsigned(
    'another path',
    'It leads to another list.',
    changed(spend, { path: [{ side: 0, sibling: drawn('x') }] }),
  ),
  unsigned('another network', 'A signature is for one.', spend, { network: drawn('elsewhere') }),
  unsigned('an issue signed as a step', 'Another kind.', signedAs(issuing, kinds.signedStep)),
  unsigned('a lock signed as a step', 'Another kind.', signedAs(locked, kinds.signedStep)),
  unsigned('a spend signed as an issue', 'Another kind.', signedAs(spend, kinds.issue)),
  draft(
    'a spend with a citation',
    'Nothing backs a spend.',
    byKey(spend.place, { type: 'exit', citation, preimages: [] }),
  ),
  draft('a spend with a committee', 'Nothing backs a spend.', byKey(spend.place, backing)),
  draft(
    'an issue with a citation',
    'Only a committee backs an issue.',
    byKey(issuing.place, { type: 'exit', citation, preimages: [] }),
  ),
];

const committees: readonly Draft[] = [
  holds('two of three', 'As many as must sign.', two),
  holds('two others of three', 'In any order.', byGuild(emil, dora)),
  holds('all three', 'More than must sign.', byGuild(emil, alice, dora)),
  draft('one of three', 'One too few.', byGuild(alice)),
  draft('one of three, twice', 'The same key does not count twice.', byGuild(alice, alice)),
  draft('one twice beside another', 'Nobody signs twice.', byGuild(alice, dora, alice)),
  draft(
    'without its backing',
    'The writer is the committee, not a key.',
    changed(two, { backing: undefined }),
  ),
  draft('a stranger beside one', 'Not of the committee.', byGuild(alice, frida)),
  draft('a stranger beside two', 'Nobody else signs.', byGuild(alice, dora, frida)),
  draft(
    'a threshold of one',
    'Another committee: not the writer.',
    changed(two, {
      backing: { ...backing, committee: { ...backing.committee, threshold: 1 }, further: [] },
    }),
  ),
  draft(
    'other members',
    'Another committee: not the writer.',
    changed(two, {
      backing: {
        ...backing,
        committee: { ...backing.committee, members: backing.committee.members.slice(0, 2) },
      },
    }),
  ),
  draft(
    'one member with a backing',
    'A single issuer has none.',
    byKey(issuing.place, {
      type: 'committee',
      committee: { threshold: 1, members: coin.members },
      further: [],
    }),
  ),
  unsigned(
    'a bit of a further signature',
    'One bit is another.',
    changed(two, {
      backing: {
        ...backing,
        further: backing.further.map((by) => ({ ...by, signature: flipped(by.signature) })),
      },
    }),
  ),
];

const elsewhere = citedBy(alice, { escrow: drawn('another escrow'), total: 30n, locks });
const more = locks.map(({ hash, amount }) => ({ hash, amount: amount + 1n }));
const cite = (change: Partial<Citation>): Written => ({
  ...exit(),
  authorisation: authorisedBy(dora, exit().place, exit().value, {
    type: 'exit',
    citation: { ...citation, ...change },
    preimages: [],
  }),
});

const exits: readonly Draft[] = [
  holds('an exit', 'With what the payer has said.', exit()),
  holds('an exit with a lock', 'Opened by its preimage.', exit({ preimages: [preimages[0]!] })),
  holds(
    'an exit with two locks',
    'In the order of their hashes.',
    exit({
      preimages: preimages.slice(0, 2),
    }),
  ),
  draft('an exit without a citation', 'The payer must have said it.', {
    ...exit(),
    authorisation: authorisedBy(dora, exit().place, exit().value),
  }),
  draft('an exit with a committee', 'The payer must have said it.', {
    ...exit(),
    authorisation: authorisedBy(dora, exit().place, exit().value, backing),
  }),
  draft('an exit by a stranger', 'Not the payee.', {
    ...exit(),
    authorisation: authorisedBy(frida, exit().place, exit().value, {
      type: 'exit',
      citation,
      preimages: [],
    }),
  }),
  draft('a total of another escrow', 'Another position.', {
    ...exit(),
    authorisation: authorisedBy(dora, exit().place, exit().value, {
      type: 'exit',
      citation: elsewhere,
      preimages: [],
    }),
  }),
  draft('a total by another key', 'The position names the payer’s.', {
    ...exit(),
    authorisation: authorisedBy(dora, exit().place, exit().value, {
      type: 'exit',
      citation: citedBy(frida, { escrow: id, total: 30n, locks }),
      preimages: [],
    }),
  }),
  draft('a higher total', 'The value is another one.', cite({ total: 31n })),
  draft('a preimage that opens nothing', 'No such lock.', exit({ preimages: [preimages[2]!] })),
  draft(
    'preimages descend',
    'By the hashes of their locks.',
    exit({
      preimages: preimages.slice(0, 2).toReversed(),
    }),
  ),
  draft(
    'a preimage twice',
    'A lock is paid once.',
    exit({
      preimages: [preimages[0]!, preimages[0]!],
    }),
  ),
  draft(
    'an opened lock of another amount',
    'The value names the amount.',
    (() => {
      const paid = exit({ preimages: [preimages[0]!] });
      const bigger = citedBy(alice, { escrow: id, total: 30n, locks: more });
      return changed(paid, {
        backing: { type: 'exit', citation: bigger, preimages: [preimages[0]!] },
      });
    })(),
  ),
  unsigned(
    'locks that were not said',
    'The payer’s signature is over others.',
    cite({ locks: more }),
  ),
  unsigned(
    'a bit of the citation',
    'One bit is another.',
    cite({
      signature: flipped(citation.signature),
    }),
  ),
  unsigned('another path of the citation', 'It leads to another list.', cite({ path: [] })),
  unsigned('another body of the citation', 'It was not signed.', cite({ body: drawn('x') })),
];

/** A delivery of a puppet: all that is asked is whose key it is. */
const delivery: Written = (() => {
  const place: SlotPlace = {
    kind: 2,
    writer: keyDigest(2, bobCard.body.workingKey),
    position: value,
  };
  return { place, value, authorisation: authorisedBy(bob, place, value) };
})();

export const slotChecks: readonly Draft[] = [
  ...plain,
  unsigned('a delivery', 'Bytes in place of a signature.', delivery),
  ...committees,
  ...exits,
];
