/**
 * One escrow, two devices, some nodes: a game in which the payer may say anything and the payee may
 * cite anything that was ever said.
 *
 * The payer has an honest lane, which the payee absorbs, and copies of itself that say what they
 * like to nobody, or to the payee. Slots keep their first value, as a group of nodes with at most f
 * faulty does, and only first values have certificates.
 */

import assert from 'node:assert/strict';

import {
  authorises,
  demandedSlot,
  equal,
  exitHead,
  keyOf,
  lockCancel,
  lockHash,
  slotKey,
  type Citation,
  type Claim,
  type ExitClaim,
} from '@dsm/primitive';
import {
  amountMax,
  checkPart,
  encodeOperation,
  escrowId,
  exitPlace,
  giveUp,
  lockPlace,
  nextEscrow,
  restOf,
  type Escrow,
  type EscrowOperation,
  type ExitPart,
  type LineageKnown,
  type LineageVerdict,
} from '@dsm/protocols';
import { certificateOf, named, network } from '@dsm/primitive/fixture';
import {
  citationOf,
  exitAuthorisation,
  fundOperation,
  lockOperation,
  saidOf,
  totalOperation,
} from './escrow-scene.ts';
import {
  absorbed,
  introduced,
  openDurable,
  sent,
  worldOf,
  edgeTo,
  type Durable,
  type Sent,
} from './fixture.ts';
import { propose } from '../src/run.ts';
import {
  ada,
  bob,
  firstOrigin,
  gold,
  knownOf,
  minted,
  nodes,
  originOf,
  spendOf,
} from './lineage-scene.ts';

export const funding = 80n;
export const preimages: readonly Uint8Array[] = [0, 1, 2].map((i) => named(`preimage ${i}`));

export interface Game {
  readonly payer: Durable;
  readonly payee: Durable;
  /** Runs of the payer's lane that the payee has not absorbed, oldest first. */
  readonly wire: readonly Claim[];
  /** Everything that the payer's key has ever said of the escrow. */
  readonly citations: readonly Citation[];
  /** First values of slots, by key. */
  readonly slots: ReadonlyMap<string, Uint8Array>;
}

const [ofAda, ofBob] = introduced(ada, bob, minted.durable, openDurable(bob));
const fund = fundOperation(ada, bob, [...ofAda.notes.values()], funding);
const funded = sent(ada, ofAda, bob, [encodeOperation(fund)], [gold]);
export const opened: Escrow = funded.change.escrows[0]!;
export const id: Uint8Array = escrowId(opened);
const fundOrigin = originOf(checkPart(spendOf(ada.keys, funded, true), knownOf([firstOrigin])));
export const known: LineageKnown = knownOf([firstOrigin, fundOrigin]);

export function begun(): Game {
  const payee = taken(ofBob, funded.claim);
  const citations = [citationOf(ada, funded, saidOf(opened))!];
  return { payer: funded.durable, payee, wire: [], citations, slots: new Map() };
}

function taken(of: Durable, claim: Claim): Durable {
  const verdict = absorbed(bob, of, ada, claim, [gold]);
  assert.equal(verdict.type, 'accepted');
  return verdict.durable!;
}

export function escrowOf(of: Durable): Escrow {
  return of.escrows.get(keyOf(id))!;
}

/** The payer says something on its lane, or is told why it cannot. */
export function says(game: Game, operation: EscrowOperation): Game {
  const before = escrowOf(game.payer);
  const next = nextEscrow(before, operation);
  const bytes = encodeOperation(operation);
  if (typeof next === 'string') {
    assert.equal(refusalTo(game.payer, bytes), next);
    return game;
  }
  const total = next.total - before.total;
  assert.ok(total >= 0n && restOf(next) >= 0n, 'a total falls, or there is less than nothing left');
  const said = sent(ada, game.payer, bob, [bytes], [gold]);
  assert.deepEqual(said.change.escrows, [next]);
  return {
    ...game,
    payer: said.durable,
    wire: [...game.wire, said.claim],
    citations: [...game.citations, citationOf(ada, said, saidOf(next))!],
  };
}

function refusalTo(of: Durable, operation: Uint8Array): string {
  const verdict = propose(of.device, edgeTo(of, bob), [operation], worldOf(of, ada, [gold]));
  return verdict.type === 'refused' ? verdict.detail! : verdict.type;
}

export function pays(game: Game, amount: bigint): Game {
  const { total, count } = escrowOf(game.payer);
  return says(game, totalOperation(id, total + amount, count + 1));
}

export function locks(game: Game, lock: number, amount: bigint): Game {
  return says(game, lockOperation(id, preimages[lock]!, amount));
}

/** The payee decides a lock at its slot, where the first word counts. */
export function decides(game: Game, lock: number, open: boolean): Game {
  const hash = lockHash(preimages[lock]!);
  const place = lockPlace(opened, hash);
  return written(game, slotKey(place), open ? preimages[lock]! : lockCancel(id, hash));
}

export function isOpen({ slots }: Game, preimage: Uint8Array): boolean {
  const value = slots.get(keyOf(slotKey(lockPlace(opened, lockHash(preimage)))));
  return value !== undefined && equal(value, preimage);
}

function written(game: Game, key: Uint8Array, value: Uint8Array): Game {
  const at = keyOf(key);
  return game.slots.has(at) ? game : { ...game, slots: new Map(game.slots).set(at, value) };
}

/** The payer follows what was decided: it claims what was opened, and takes back what was given up. */
export function follows(game: Game, lock: number): Game {
  const preimage = preimages[lock]!;
  const hash = lockHash(preimage);
  const decided = game.slots.get(keyOf(slotKey(lockPlace(opened, hash))));
  if (decided === undefined) return says(game, { type: 'cancel', escrow: id, hash });
  if (equal(decided, preimage)) return says(game, { type: 'claim', escrow: id, preimage });
  const told = { ...game, payer: gaveUp(game.payer, hash), payee: gaveUp(game.payee, hash) };
  return says(told, { type: 'cancel', escrow: id, hash });
}

/** Both have seen the certificate of a lock that is given up, once the lock stands for them. */
function gaveUp(of: Durable, hash: Uint8Array): Durable {
  return withEscrow(of, giveUp(escrowOf(of), hash));
}

function withEscrow(of: Durable, escrow: Escrow): Durable {
  return { ...of, escrows: new Map(of.escrows).set(keyOf(id), escrow) };
}

/** The payee absorbs the oldest run on the wire, and knows then what the payer knew there. */
export function absorbs(game: Game): Game {
  const [claim, ...wire] = game.wire;
  if (claim === undefined) return game;
  const before = escrowOf(game.payee);
  const given = [...game.slots.entries()];
  const aware = preimages.reduce((of: Durable, preimage) => {
    const hash = lockHash(preimage);
    const at = keyOf(slotKey(lockPlace(opened, hash)));
    const undone = given.some(([key, value]) => key === at && !equal(value, preimage));
    return undone ? gaveUp(of, hash) : of;
  }, game.payee);
  const payee = taken(aware, claim);
  assert.ok(escrowOf(payee).total >= before.total, 'the total that the payee holds has fallen');
  return { ...game, payee, wire };
}

/** What a copy of the payer says: any total and any locks, of an escrow as large as it likes. */
export interface Lie {
  readonly total: bigint;
  readonly locked: readonly (bigint | undefined)[];
  readonly count?: number;
}

export function lieOf(game: Game, lie: Lie): Sent {
  const locked = lie.locked.flatMap((amount, i) =>
    amount === undefined ? [] : [lockOperation(id, preimages[i]!, amount)],
  );
  const rich: Escrow = { ...opened, note: { ...opened.note, amount: amountMax } };
  const standing = locked.reduce((at: Escrow, one) => nextEscrow(at, one) as Escrow, rich);
  const pretended = withEscrow(game.payer, standing);
  const total = encodeOperation(totalOperation(id, lie.total, lie.count ?? 1));
  return sent(ada, pretended, bob, [total], [gold]);
}

/** The payer's copy lies, and whoever is in league with it keeps what it said. */
export function lies(game: Game, lie: Lie): Game {
  const said = lieOf(game, lie);
  const escrow = said.change.escrows[0]!;
  return { ...game, citations: [...game.citations, citationOf(ada, said, saidOf(escrow))!] };
}

/** A claim over anything that was said, with any of the preimages that fit. */
export function claimOf(game: Game, number: number, bits: number): ExitClaim {
  const citation = game.citations[number % game.citations.length]!;
  const fitting = citation.locks.map(({ hash }) =>
    preimages.find((preimage) => equal(lockHash(preimage), hash))!,
  );
  return { citation, preimages: fitting.filter((_, i) => ((bits >> i) & 1) !== 0) };
}

/** The payee writes an exit; nodes take the first that its payer has said. */
export function exits(game: Game, claim: ExitClaim): Game {
  const { key, value } = demandedSlot(exitPlace(opened), exitHead(claim));
  const by = exitAuthorisation(bob, { key, value }, claim);
  assert.ok(authorises(network, exitPlace(opened), value, by));
  return written(game, key, value);
}

/** The exit as whoever is paid with what comes of it checks it, with all certificates there are. */
export function partOf({ slots }: Game, claim: ExitClaim): ExitPart {
  const { key, value } = demandedSlot(exitPlace(opened), exitHead(claim));
  const first = slots.get(keyOf(key));
  return {
    source: opened.note.source,
    index: opened.note.index,
    authorisation: exitAuthorisation(bob, { key, value }, claim),
    certificate: first === undefined ? undefined : certificateOf(nodes, { key, value: first }),
    opened: claim.preimages.flatMap((preimage) => {
      const at = slotKey(lockPlace(opened, lockHash(preimage)));
      const decided = slots.get(keyOf(at));
      return decided === undefined ? [] : [certificateOf(nodes, { key: at, value: decided })];
    }),
  };
}

export function checkExitOf(game: Game, claim: ExitClaim): LineageVerdict {
  return checkPart(partOf(game, claim), known);
}
