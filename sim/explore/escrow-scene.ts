/**
 * One escrow for the spaces of escrows: what its payer can say of it, what its payee can cite, and what
 * comes of that.
 */

import {
  authorises,
  compare,
  equal,
  exitHead,
  kinds,
  lockCancel,
  lockHash,
  registriesOf,
  slotKey,
  slotListRoot,
  slotPath,
  statementDigest,
  totalLine,
  type Authorisation,
  type Citation,
  type ExitClaim,
  type KeyPair,
  type Lock,
} from '@dsm/primitive';
import {
  checkPart,
  escrowId,
  exitPlace,
  lockPlace,
  noteKinds,
  openEscrow,
  type Escrow,
  type LineageKnown,
  type LineageVerdict,
  type Origin,
} from '@dsm/protocols';
import {
  certificateOf,
  gold,
  issued,
  nodes,
  noteOf,
  outputTo,
  owner,
  spend,
  token,
  type Claimed,
} from './lineage-scene.ts';
import { authorisationBy, named, network, signAs } from './plane.ts';

/** What the escrow holds, and the amount of each lock that may be made in it. */
export interface EscrowBound {
  readonly funded: number;
  readonly locks: readonly number[];
}

/** Something that the payer says: its total, and which locks stand, as bits. */
export interface Statement {
  readonly total: number;
  readonly mask: number;
}

/** What a payee leaves with: a statement, and which of its locks it opens, as bits. */
export interface Leave extends Statement {
  readonly opens: number;
}

export interface EscrowScene {
  readonly bound: EscrowBound;
  readonly start: Escrow;
  readonly preimages: readonly Uint8Array[];
  readonly hashes: readonly Uint8Array[];
  /** Every way to leave that can be thought of, also with more than the escrow holds. */
  readonly leaves: readonly Leave[];
  readonly claimOf: (leave: Leave) => ExitClaim;
  /** True if a node of the exit slot takes it; `how` is who signs what (`exitTricks`). */
  readonly isTaken: (leave: Leave, how: ExitTrick) => boolean;
  /** What a payee of later notes finds, if the exit slot has `winner` and locks are decided so. */
  readonly verdict: (leave: Leave, winner: Leave, locks: readonly LockSlot[]) => LineageVerdict;
  /** The invariant that payer and payee break together, if they can. */
  readonly colluded: string | undefined;
}

export type LockSlot = 'free' | 'opened' | 'given-up';

/**
 * said      the payer has said it, the payee signs the exit
 * unsaid    the payee signs the citation in the payer's name
 * moved     the payer's signature of another statement
 * own-key   the payee cites itself
 * by-payer  the payer has said it, and signs the exit, too
 */
export const exitTricks = ['said', 'unsaid', 'moved', 'own-key', 'by-payer'] as const;
export type ExitTrick = (typeof exitTricks)[number];

const payer = owner('cheat');
const payee = owner('payee A');

export function escrowScene(bound: EscrowBound): EscrowScene {
  const { funded, locks } = bound;
  const mint = issued({
    name: 'issue of what is set apart',
    index: 1,
    amount: BigInt(funded),
    total: BigInt(funded),
    outputs: [outputTo('cheat', BigInt(funded))],
  });
  const fund = spend({
    name: 'fund',
    payerKey: payer.key,
    inputs: [{ of: mint, index: 0 }],
    outputs: [['payee A', BigInt(funded), noteKinds.escrow]],
  });
  const start = openEscrow(noteOf(fund, 0), payer.id, payer.key);
  const preimages = locks
    .map((_, i) => named(`preimage ${i}`))
    .toSorted((a, b) => compare(lockHash(a), lockHash(b)));
  const hashes = preimages.map(lockHash);
  const known = knownOf([mint, fund], true);
  const uncertified = knownOf([mint, fund], false);
  const locksOf = (mask: number): readonly Lock[] =>
    hashes.flatMap((hash, i) =>
      ((mask >> i) & 1) === 1 ? [{ hash, amount: BigInt(locks[i]!) }] : [],
    );
  const claimOf = (leave: Leave, by: KeyPair = payer.pair): ExitClaim => ({
    citation: citationOf(start, leave, locksOf(leave.mask), by),
    preimages: preimages.filter((_, i) => ((leave.opens >> i) & 1) === 1),
  });
  const opened = (i: number, slot: LockSlot): { key: Uint8Array; value: Uint8Array } => ({
    key: slotKey(lockPlace(start, hashes[i]!)),
    value: slot === 'opened' ? preimages[i]! : lockCancel(escrowId(start), hashes[i]!),
  });
  const verdictBy =
    (of: LineageKnown): EscrowScene['verdict'] =>
    (leave, winner, decided) => {
      const claim = claimOf(leave);
      const value = exitHead(claimOf(winner));
      const certificates = preimages.flatMap((_, i) => {
        const slot = decided[i]!;
        const asks = ((leave.opens >> i) & 1) === 1 && slot !== 'free';
        return asks ? [certificateOf(opened(i, slot))] : [];
      });
      const part = {
        source: start.note.source,
        index: start.note.index,
        authorisation: exitBy(start, claim, payee.pair),
        certificate: certificateOf({ key: slotKey(exitPlace(start)), value }),
        opened: certificates,
      };
      return checkPart(part, of);
    };
  const leaves = leavesOf(bound);
  const colluded = leaves
    .map((leave) => together(leave, bound, [verdictBy(known), verdictBy(uncertified)]))
    .find((wrong) => wrong !== undefined);
  return {
    bound,
    start,
    preimages,
    hashes,
    leaves,
    claimOf: (leave) => claimOf(leave),
    isTaken: (leave, how) => isTaken(start, tricked(claimOf, leave, how), how),
    verdict: verdictBy(known),
    colluded,
  };
}

/** Two that are in league say and leave what they like. */
function together(
  leave: Leave,
  { funded, locks }: EscrowBound,
  [verdict, onUncertified]: readonly EscrowScene['verdict'][],
): string | undefined {
  const all = locks.map((): LockSlot => 'opened');
  const isCertified = (by: EscrowScene['verdict'] | undefined): boolean => {
    const found = by?.(leave, leave, all);
    return found?.type === 'good' && found.origin.certified;
  };
  if (isCertified(onUncertified)) return 'exit-of-a-certified-fund';
  const amount = locks.reduce(
    (sum, one, i) => (((leave.opens >> i) & 1) === 1 ? sum + one : sum),
    leave.total,
  );
  return amount > funded && isCertified(verdict) ? 'nothing-out-of-nothing' : undefined;
}

function leavesOf({ funded, locks }: EscrowBound): readonly Leave[] {
  const leaves: Leave[] = [];
  const all = 1 << locks.length;
  for (let at = 0; at < (funded + 2) * all * all; at++) {
    const [total, mask, opens] = [Math.floor(at / all / all), Math.floor(at / all) % all, at % all];
    if ((opens & ~mask) === 0) leaves.push({ total, mask, opens });
  }
  return leaves;
}

/** A statement of the payer, as a line of a step that `by` signs. */
function citationOf(
  start: Escrow,
  { total }: Statement,
  locks: readonly Lock[],
  by: KeyPair,
): Citation {
  const said = { escrow: escrowId(start), total: BigInt(total), locks };
  const line = totalLine(said);
  const body = named('a step of the payer');
  const digest = statementDigest(body, slotListRoot([line]));
  return {
    ...said,
    suite: 1,
    publicKey: by.publicKey,
    body,
    path: slotPath([line], 0),
    signature: signAs(by, kinds.signedStep, digest),
  };
}

function tricked(
  claimOf: (leave: Leave, by?: KeyPair) => ExitClaim,
  leave: Leave,
  how: ExitTrick,
): ExitClaim {
  const claim = claimOf(leave, how === 'unsaid' || how === 'own-key' ? payee.pair : payer.pair);
  const { citation } = claim;
  if (how === 'unsaid') {
    return { ...claim, citation: { ...citation, publicKey: payer.pair.publicKey } };
  }
  if (how !== 'moved') return claim;
  const other = { total: leave.total === 0 ? 1 : 0, mask: leave.mask, opens: 0 };
  const { signature } = claimOf(other).citation;
  return { ...claim, citation: { ...citation, signature } };
}

function exitBy(start: Escrow, claim: ExitClaim, pair: KeyPair): Authorisation {
  const slot = { key: slotKey(exitPlace(start)), value: exitHead(claim) };
  return { ...authorisationBy(pair, slot), backing: { type: 'exit', ...claim } };
}

function isTaken(start: Escrow, claim: ExitClaim, how: ExitTrick): boolean {
  const by = how === 'by-payer' ? payer.pair : payee.pair;
  return authorises(network, exitPlace(start), exitHead(claim), exitBy(start, claim, by));
}

/** The lineage of the escrow, checked part by part. */
function knownOf(claims: readonly Claimed[], isCertified: boolean): LineageKnown {
  const origins: Origin[] = [];
  const known: LineageKnown = {
    network,
    originOf: (head) => origins.find((origin) => equal(origin.head, head)),
    policyOf: (wanted) => (equal(wanted, token) ? gold : undefined),
    registries: registriesOf(nodes.registry),
  };
  for (const { name, head, places, part } of claims) {
    const slots = places.map((place) => ({ key: slotKey(place), value: head }));
    const verdict = checkPart(
      part(slots.map((slot) => (isCertified ? certificateOf(slot) : undefined))),
      known,
    );
    if (verdict.type !== 'good') throw new RangeError(`${name} is no good part`);
    origins.push(verdict.origin);
  }
  return known;
}
