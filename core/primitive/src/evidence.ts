/**
 * Equivocation evidence: two different statements of one writer at one position.
 *
 *     entries   two runs after one head, each named by a step of the same incarnation
 *     steps     two steps with one number, or after one statement, of the same incarnation
 *     slots     two values in one slot whose writer promises one: a purse note, an issue
 *     votes     two votes of a node for one slot under one version of the registry
 *     commits   two ByteCommits of a node with one sequence number
 *
 * It is self-contained (it carries the card), anyone checks it, and an honest device can never be
 * convicted: it keeps a statement durably before the first byte of a signature leaves. Bodies are
 * compared, never signatures (signing may be randomised), never sealed bytes.
 *
 * Whether the slot of a note convicts is a matter of value (only purse notes promise one spend),
 * so the layer above opens the note: `Opens`.
 */

import { compare, equal } from './bytes.ts';
import { bytes32, choice, list, object, struct, u32, variable, type Obj } from './codec.ts';
import {
  card,
  cardDevice,
  checkCard,
  isNextOf,
  signsStep,
  workingKeyDigest,
  type Card,
} from './card.ts';
import { voteDigest, voteRoot, type Vote } from './certificate.ts';
import { nextHead } from './entry.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { nodeId, voterId, type Registries } from './registry.ts';
import {
  authorisationCoder,
  authorises,
  slotKey,
  slotKinds,
  slotPlaceCoder,
  type Authorisation,
  type SlotPlace,
} from './slot.ts';
import { pathCoder } from './slot-list.ts';
import { signedStep, stepStatement, type SignedStep } from './step.ts';
import { suiteCoder, verifyWorking, type Suite } from './suite.ts';

/** One of two runs after the same head, with the step that names where it leads. */
export interface Branch {
  readonly entries: readonly Uint8Array[];
  readonly signed: SignedStep;
}

/** One of two values that a slot's writer authorised. */
export interface SlotStatement {
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
}

export interface NodeVote extends Vote {
  readonly value: Uint8Array;
}

export type Evidence =
  | {
      readonly type: 'entries';
      readonly card: Card;
      /** Generations after the card's, one by one, up to the one that signed the second branch. */
      readonly later: readonly Card[];
      readonly before: Uint8Array;
      readonly first: Branch;
      readonly second: Branch;
    }
  | {
      readonly type: 'steps';
      readonly card: Card;
      readonly later: readonly Card[];
      readonly first: SignedStep;
      readonly second: SignedStep;
    }
  | {
      readonly type: 'spends';
      readonly card: Card;
      readonly place: SlotPlace;
      readonly first: SlotStatement;
      readonly second: SlotStatement;
      /** What shows that the note is a purse note. */
      readonly opening: Uint8Array;
    }
  | {
      readonly type: 'issues';
      readonly place: SlotPlace;
      readonly first: SlotStatement;
      readonly second: SlotStatement;
    }
  | {
      readonly type: 'commits';
      readonly place: SlotPlace;
      readonly first: SlotStatement;
      readonly second: SlotStatement;
    }
  | {
      readonly type: 'votes';
      readonly suite: Suite;
      readonly voteKey: Uint8Array;
      readonly lineage: Uint8Array;
      readonly version: number;
      readonly key: Uint8Array;
      readonly first: NodeVote;
      readonly second: NodeVote;
    };

/** Who is convicted: a device, an issuer's key, or a storage node, by its id or by its vote key's. */
export interface Culprit {
  readonly type: 'device' | 'issuer' | 'node';
  readonly id: Uint8Array;
}

export const evidenceRefusals = {
  same: 'both statements are the same: nobody said two things',
  position: 'the statements are not about one position',
  card: 'a card does not hold, or is not the card under which the writer said this then',
  opening: 'the slot’s writer may say two things there',
  signature: 'a statement is not signed by its writer',
} as const;

export type EvidenceRefusal = keyof typeof evidenceRefusals;

export type Judgement =
  | { readonly ok: true; readonly culprit: Culprit }
  | { readonly ok: false; readonly refusal: EvidenceRefusal };

/** True if the opening shows that the spend slot at `place` promises one value. */
export type Opens = (place: SlotPlace, opening: Uint8Array) => boolean;

const branch = struct<Branch>({
  entries: list(variable(limits.operationBytesMax + 79), limits.runEntriesMax, 1),
  signed: signedStep,
});
const later = list(card, limits.evidenceCardsMax);
const slotStatement = struct<SlotStatement>({ value: bytes32, authorisation: authorisationCoder });
const nodeVote = struct<NodeVote>({
  value: bytes32,
  path: pathCoder,
  signature: variable(limits.signatureBytesMax),
});

export const evidence: Obj<Evidence> = object(
  kinds.evidence,
  4 * limits.receiptBytesMax,
  choice<Evidence>({
    entries: [1, struct({ card, later, before: bytes32, first: branch, second: branch })],
    steps: [2, struct({ card, later, first: signedStep, second: signedStep })],
    spends: [
      3,
      struct({
        card,
        place: slotPlaceCoder,
        first: slotStatement,
        second: slotStatement,
        opening: variable(limits.operationBytesMax + 256),
      }),
    ],
    issues: [4, struct({ place: slotPlaceCoder, first: slotStatement, second: slotStatement })],
    commits: [6, struct({ place: slotPlaceCoder, first: slotStatement, second: slotStatement })],
    votes: [
      5,
      struct({
        suite: suiteCoder,
        voteKey: variable(limits.publicKeyBytesMax),
        lineage: bytes32,
        version: u32,
        key: bytes32,
        first: nodeVote,
        second: nodeVote,
      }),
    ],
  }),
);

/** The name of what a piece of evidence shows, the same for every copy of it. */
export function evidenceId(value: Evidence): Uint8Array {
  const statements = [...statementsOf(value)].toSorted(compare);
  return hash('evidence', ...statements);
}

function statementsOf(value: Evidence): readonly [Uint8Array, Uint8Array] {
  switch (value.type) {
    case 'entries':
      return [lead(value.before, value.first), lead(value.before, value.second)];
    case 'steps':
      return [statementOf(value.first), statementOf(value.second)];
    case 'spends':
    case 'issues':
    case 'commits':
      return [said(slotKey(value.place), value.first), said(slotKey(value.place), value.second)];
    case 'votes':
      return [voted(value, value.first), voted(value, value.second)];
  }
}

/** A value alone is said by many, so its place and its speaker belong to the statement. */
function said(place: Uint8Array, { value }: { readonly value: Uint8Array }): Uint8Array {
  return hash('mark', place, value);
}

function voted(by: Evidence & { type: 'votes' }, { value }: NodeVote): Uint8Array {
  const digest = voteDigest(by.lineage, by.version, { key: by.key, value });
  return said(voterId(by), { value: digest });
}

/** The culprit, if the evidence convicts; else why it does not. `registries` judge succeeded cards. */
export function checkEvidence(
  claim: Evidence,
  network: Uint8Array,
  opens: Opens,
  registries: Registries | undefined,
): Judgement {
  switch (claim.type) {
    case 'entries':
      return judge(entriesDiffer(claim), () => cardHolds(claim, network, registries), claim.card);
    case 'steps':
      return judge(stepsDiffer(claim), () => cardHolds(claim, network, registries), claim.card);
    case 'spends':
      return judgeSpends(claim, network, opens, registries);
    case 'issues':
    case 'commits':
      return judgeSlots(claim, network);
    case 'votes':
      return judgeVotes(claim, network);
  }
}

function judge(
  differ: EvidenceRefusal | undefined,
  holds: () => EvidenceRefusal | undefined,
  by: Card,
): Judgement {
  const refusal = differ ?? holds();
  if (refusal !== undefined) return { ok: false, refusal };
  return { ok: true, culprit: { type: 'device', id: cardDevice(by) } };
}

function entriesDiffer({
  before,
  first,
  second,
}: Evidence & { type: 'entries' }): EvidenceRefusal | undefined {
  if (equal(first.entries[0]!, second.entries[0]!)) return 'same';
  const [a, b] = [first.signed.step, second.signed.step];
  if (a.cause.type !== 'append' || b.cause.type !== 'append') return 'position';
  const led = equal(a.cause.head, lead(before, first)) && equal(b.cause.head, lead(before, second));
  const oneWriter = equal(a.device, b.device) && a.incarnation === b.incarnation;
  return led && oneWriter ? undefined : 'position';
}

function stepsDiffer({ first, second }: Evidence & { type: 'steps' }): EvidenceRefusal | undefined {
  const [a, b] = [first.step, second.step];
  if (equal(statementOf(first), statementOf(second))) return 'same';
  const oneWriter = equal(a.device, b.device) && a.incarnation === b.incarnation;
  const onePosition = a.seq === b.seq || equal(a.previous, b.previous);
  return oneWriter && onePosition ? undefined : 'position';
}

/** The cards hold and follow each other, and each step is signed by the key that was in force at it. */
function cardHolds(
  claim: Evidence & { type: 'entries' | 'steps' },
  network: Uint8Array,
  registries: Registries | undefined,
): EvidenceRefusal | undefined {
  const cards = [claim.card, ...claim.later];
  const follow = cards.every((one, i) => i === 0 || isNextOf(one, cards[i - 1]!));
  const hold = cards.every((one) => checkCard(one, network, registries) === undefined);
  if (!follow || !hold) return 'card';
  const [first, second] =
    claim.type === 'steps'
      ? [claim.first, claim.second]
      : [claim.first.signed, claim.second.signed];
  return (
    saidUnder(first, claim.card, cards[1], network) ??
    saidUnder(second, cards.at(-1)!, undefined, network)
  );
}

function saidUnder(
  { step, slots, signature }: SignedStep,
  by: Card,
  next: Card | undefined,
  network: Uint8Array,
): EvidenceRefusal | undefined {
  const { incarnation, suite, workingKey } = by.body;
  const isBy = equal(step.device, cardDevice(by)) && step.incarnation === incarnation;
  if (!isBy || !signsStep(by, step.seq, next)) return 'card';
  const statement = stepStatement(step, slots);
  return verifyWorking(kinds.signedStep, suite, network, workingKey, statement, signature)
    ? undefined
    : 'signature';
}

function judgeSpends(
  claim: Evidence & { type: 'spends' },
  network: Uint8Array,
  opens: Opens,
  registries: Registries | undefined,
): Judgement {
  if (claim.place.kind !== slotKinds.spend) return { ok: false, refusal: 'position' };
  if (equal(claim.first.value, claim.second.value)) return { ok: false, refusal: 'same' };
  const owns = equal(workingKeyDigest(claim.card), claim.place.writer);
  if (!owns || checkCard(claim.card, network, registries) !== undefined) {
    return { ok: false, refusal: 'card' };
  }
  if (!opens(claim.place, claim.opening)) return { ok: false, refusal: 'opening' };
  if (!bothAuthorised(claim, network)) return { ok: false, refusal: 'signature' };
  return { ok: true, culprit: { type: 'device', id: cardDevice(claim.card) } };
}

/** Slots whose kind alone promises one value. */
function judgeSlots(
  claim: Evidence & { type: 'issues' | 'commits' },
  network: Uint8Array,
): Judgement {
  const kind = claim.type === 'issues' ? slotKinds.issue : slotKinds.byteCommit;
  if (claim.place.kind !== kind) return { ok: false, refusal: 'position' };
  if (equal(claim.first.value, claim.second.value)) return { ok: false, refusal: 'same' };
  if (!bothAuthorised(claim, network)) return { ok: false, refusal: 'signature' };
  if (claim.type === 'issues') {
    return { ok: true, culprit: { type: 'issuer', id: claim.place.writer } };
  }
  const { suite, publicKey } = claim.first.authorisation;
  return { ok: true, culprit: { type: 'node', id: nodeId(suite, publicKey) } };
}

function judgeVotes(claim: Evidence & { type: 'votes' }, network: Uint8Array): Judgement {
  const { suite, voteKey, lineage, version, key, first, second } = claim;
  if (equal(first.value, second.value)) return { ok: false, refusal: 'same' };
  const signed = [first, second].every(({ value, path, signature }) => {
    const digest = voteDigest(lineage, version, { key, value });
    return verifyWorking(kinds.vote, suite, network, voteKey, voteRoot(digest, path), signature);
  });
  if (!signed) return { ok: false, refusal: 'signature' };
  return { ok: true, culprit: { type: 'node', id: voterId({ suite, voteKey }) } };
}

function bothAuthorised(
  { place, first, second }: Evidence & { type: 'spends' | 'issues' | 'commits' },
  network: Uint8Array,
): boolean {
  return [first, second].every((said) =>
    authorises(network, place, said.value, said.authorisation),
  );
}

function lead(before: Uint8Array, { entries }: Branch): Uint8Array {
  return entries.reduce(nextHead, before);
}

function statementOf({ step, slots }: SignedStep): Uint8Array {
  return stepStatement(step, slots);
}

/**
 * The position of a step or of a slot, as devices compare when they meet: equal positions with
 * different values are the two halves of evidence.
 */
export function stepPosition(device: Uint8Array, incarnation: number, seq: number): Uint8Array {
  const numbers = new Uint8Array(12);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, incarnation);
  view.setUint32(4, Math.floor(seq / 0x100000000));
  view.setUint32(8, seq % 0x100000000);
  return hash('mark', device, numbers);
}
