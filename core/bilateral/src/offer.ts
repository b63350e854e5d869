/**
 * Offer and consent: the first round of a trade, judged before anybody has signed a step.
 *
 * An offer must pass what `accept` will ask of its entries, and show the proposer's leaves under the
 * root that it names. A consent must be the peer's, to this head, and show the peer's view.
 */

import {
  accepted,
  compare,
  consentDigest,
  entry,
  equal,
  evaluate,
  judgeRun,
  kinds,
  nextHead,
  refused,
  verifyWorking,
  viewLeaf,
  zero32,
  type DemandedWrite,
  type JudgedRun,
  type Unaccepted,
  type Verdict,
} from '@dsm/primitive';
import type { Device } from './device.ts';
import type { Message } from './message.ts';
import { mySide, type Relationship } from './relationship.ts';
import { knownOf, type World } from './run.ts';

/** An offer as `accept` would judge its entries, and the proposer's leaves under its root. */
export function judgeOffer(
  me: Device,
  on: Relationship,
  offer: Message & { type: 'offer' },
  world: World,
): Verdict<JudgedRun> {
  const known = knownOf(me, on, world);
  const verdict = judgeRun({ entries: offer.entries }, known, world.rules);
  if (verdict.type !== 'accepted') return verdict;
  const run = verdict.value;
  const leaf: DemandedWrite = {
    key: on.key,
    before: viewLeaf(known.side, {
      mine: on.theirs.head,
      theirs: run.absorbed.head,
      mineStart: on.theirs.start,
      theirsStart: on.mine.start,
    }),
    after: undefined,
  };
  const leaves = [leaf, ...run.demand.writes]
    .map(({ key, before }) => ({ key, value: before }))
    .toSorted((a, b) => compare(a.key, b.key));
  const shown = evaluate(offer.proof, leaves);
  if (!shown.ok || !equal(shown.root, offer.root)) return refused('proof-before');
  return accepted(run);
}

/**
 * The head that the entries of an offer lead to from where they stand, whatever they are worth: a
 * refusal names it, so that one which comes late says nothing about a later offer. Zero if the place
 * is not known here: the first entry does not decode, or an entry before it is missing.
 */
export function headOfOffer(
  on: Relationship,
  { entries }: Message & { type: 'offer' },
  { headOfTheirs }: Pick<World, 'headOfTheirs'>,
): Uint8Array {
  const first = entry.decode(entries[0] ?? new Uint8Array(0));
  if (!first.ok) return zero32;
  const { index } = first.value;
  const { start, head, index: newest } = on.theirs;
  const known = index === newest + 1 ? head : headOfTheirs(on, index - 1);
  const before = index === 1 ? start : known;
  return before === undefined ? zero32 : entries.reduce(nextHead, before);
}

/** The countersignature is the peer's, and its view is under the root that it names. */
export function judgeConsent(
  me: Device,
  on: Relationship,
  { countersignature, head, proof }: Message & { type: 'consent' },
): Unaccepted | undefined {
  const { consent, signature } = countersignature;
  const { peer } = on;
  const fits =
    equal(consent.proposer, me.id) &&
    consent.proposerIncarnation === me.incarnation &&
    equal(consent.peer, peer.device) &&
    consent.peerIncarnation === peer.incarnation;
  if (!fits) return refused('wrong-device');
  const leaf = viewLeaf(mySide(on, me) === 0 ? 1 : 0, {
    mine: head,
    theirs: on.mine.head,
    mineStart: on.theirs.start,
    theirsStart: on.mine.start,
  });
  const shown = evaluate(proof, [{ key: on.key, value: leaf }]);
  if (!shown.ok || !equal(shown.root, consent.root)) return refused('proof-before');
  const digest = consentDigest(consent);
  const kind = kinds.countersignature;
  return verifyWorking(kind, peer.suite, me.network, peer.workingKey, digest, signature)
    ? undefined
    : refused('signature');
}
