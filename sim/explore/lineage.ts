/**
 * The space of lineages: a cheat splits one note to its puppets and has both branches certified as far
 * as slots allow, while a payee is shown parts in any order, with any certificates.
 *
 * A slot is what the space of slots has established: it is certified once, with any value that its
 * writer signs. The payee remembers what the shipped check (`checkPart`) makes of a part, as a wallet
 * does. Beside true parts there are forged ones, which are never good.
 */

import { equal, keyOf, registriesOf, slotKey, type Certificate } from '@dsm/primitive';
import {
  checkPart,
  noteId,
  type LineageKnown,
  type LineageVerdict,
  type Origin,
} from '@dsm/protocols';
import { lineageClaims, type LineageCast } from './lineage-claims.ts';
import {
  badCertificateOf,
  certificateOf,
  gold,
  nodes,
  owner,
  placeName,
  token,
  type Claimed,
} from './lineage-scene.ts';
import { network } from './plane.ts';
import type { Move, PlaneSpace } from './plane-space.ts';

/** A slot: which of the claims that want it has it, counted from 1. */
export interface SlotFilled {
  readonly slot: number;
  readonly winner: number;
}

/** A payee: what it remembers of each claim. */
export interface PayeeAt {
  readonly origins: readonly (Origin | undefined)[];
  readonly wrong: string | undefined;
}

export type LineageLocal = SlotFilled | PayeeAt;

interface World {
  readonly claims: readonly Claimed[];
  readonly forgeries: readonly Claimed[];
  /** By slot: the claims that want it. */
  readonly wanted: readonly (readonly number[])[];
  /** By claim: its slots. */
  readonly slots: readonly (readonly number[])[];
  readonly restsOn: readonly (readonly number[])[];
  /** By slot: the first of the bits that say who has it; then where those of payees begin. */
  readonly bits: readonly number[];
  /** What was checked before: a payee that is shown the same becomes the same. */
  readonly known: Map<string, readonly LineageVerdict[]>;
}

export function lineageSpace(cast: LineageCast, payees: number): PlaneSpace<LineageLocal> {
  const world = worldOf(cast);
  const { wanted, claims } = world;
  const none: PayeeAt = { origins: claims.map(() => undefined), wrong: undefined };
  const firstOfPayees = world.bits.at(-1)!;
  const free = wanted.map((_, slot): SlotFilled => ({ slot, winner: 0 }));
  return {
    parts: [...free.map(({ slot }) => `slot ${slot}`), ...payeeNames(payees)],
    roles: [...free.map(({ slot }) => slot + 1), ...payeeNames(payees).map(() => 0)],
    start: [...free, ...payeeNames(payees).map(() => none)],
    keyOf: keyOfLocal,
    said: (local) =>
      'slot' in local
        ? local.winner << world.bits[local.slot]!
        : certifiedBy(local) << firstOfPayees,
    heard: (said) => said.reduce((bits, one) => bits | one, 0),
    hears: () => (1 << firstOfPayees) - 1,
    moves: (local, heard) =>
      'slot' in local ? fillings(world, local, heard) : showings(world, local, heard),
    judge: (local) => ('slot' in local ? undefined : judgePayee(world, local)),
    judgeNetwork: (heard) => judgeNetwork(world, heard),
    means: (heard) => meansOf(world, heard),
  };
}

function payeeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `payee ${i + 1}`);
}

function worldOf(cast: LineageCast): World {
  const { claims, forgeries } = lineageClaims(cast);
  const places = [...new Set(claims.flatMap((claim) => claim.places.map(placeName)))];
  const slots = claims.map((claim) =>
    claim.places.map((place) => places.indexOf(placeName(place))),
  );
  const wanted = places.map((_, slot) =>
    claims.flatMap((__, i) => (slots[i]!.includes(slot) ? [i] : [])),
  );
  const bits = [0];
  for (const all of wanted) bits.push(bits.at(-1)! + 32 - Math.clz32(all.length));
  return {
    claims,
    forgeries,
    wanted,
    slots,
    restsOn: claims.map(({ rests }) =>
      rests.map((name) => claims.findIndex((claim) => claim.name === name)),
    ),
    bits,
    known: new Map(),
  };
}

// Slots.

/** An honest issuer goes on only after what is certified, and makes anew only what is. */
function fillings(world: World, { slot, winner }: SlotFilled, heard: number): Move<LineageLocal>[] {
  if (winner !== 0) return [];
  const { wanted, claims } = world;
  return wanted[slot]!.flatMap((claim, i) => {
    const needs = claims[claim]!.asks.map((name) => claims.findIndex((one) => one.name === name));
    if (!needs.every((one) => isTrue(world, heard, one))) return [];
    return [{ event: 'fills a slot', to: { slot, winner: i + 1 }, detail: claims[claim]!.name }];
  });
}

function winnerOf({ wanted, bits }: World, heard: number, slot: number): number {
  const width = bits[slot + 1]! - bits[slot]!;
  const winner = (heard >> bits[slot]!) & ((1 << width) - 1);
  return winner === 0 ? -1 : wanted[slot]![winner - 1]!;
}

/** Whether the claim is certified for certain: its slots are its own, and so on back to issues. */
function isTrue(world: World, heard: number, claim: number): boolean {
  return (
    world.slots[claim]!.every((slot) => winnerOf(world, heard, slot) === claim) &&
    world.restsOn[claim]!.every((before) => isTrue(world, heard, before))
  );
}

// A payee.

function showings(world: World, payee: PayeeAt, heard: number): readonly Move<LineageLocal>[] {
  const { claims, slots, forgeries } = world;
  const moves = claims.flatMap((claim, at) => {
    const winners = slots[at]!.map((slot) => winnerOf(world, heard, slot));
    const verdicts = remembered(world, payee, claim, winners.join(), (known) =>
      certificatesFor(world, at, winners).map((with_) => checkPart(claim.part(with_), known)),
    );
    return verdicts.map((verdict) => shown(world, payee, at, verdict));
  });
  const bare = forgeries.flatMap((claim) =>
    remembered(world, payee, claim, 'forged', (known) => [
      checkPart(claim.part(claim.places.map(() => undefined)), known),
    ]).map((verdict) => forged(payee, claim.name, verdict)),
  );
  return [...moves, ...bare];
}

/**
 * Verdicts on a claim, asked once for each thing that they may depend on: what the payee knows of that
 * on which the claim rests, and who has its slots. Whoever looks at more is found out.
 */
function remembered(
  world: World,
  { origins }: PayeeAt,
  { name, rests }: Claimed,
  asked: string,
  make: (known: LineageKnown) => readonly LineageVerdict[],
): readonly LineageVerdict[] {
  const { claims, known } = world;
  const under = rests.map((one) => claims.findIndex((claim) => claim.name === one));
  const key = `${name} ${asked} ${under.map((at) => markOf(origins[at])).join('')}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const answer = make({
    network,
    originOf: (head) => {
      const at = under.find((one) => claims[one] !== undefined && equal(claims[one].head, head));
      if (at === undefined && claims.some((claim) => equal(claim.head, head))) {
        throw new RangeError(`${name} is judged by more than it rests on`);
      }
      return at === undefined ? undefined : origins[at];
    },
    policyOf: (wanted) => (equal(wanted, token) ? gold : undefined),
    registries,
  });
  known.set(key, answer);
  return answer;
}

function forged(payee: PayeeAt, name: string, verdict: LineageVerdict): Move<LineageLocal> {
  const event = verdict.type === 'bad' ? `forged: ${verdict.refusal}` : `forged: ${verdict.type}`;
  const wrong = `forged-is-never-good: ${name}`;
  return { event, to: verdict.type === 'good' ? { ...payee, wrong } : payee, detail: name };
}

/** What a cheat can show for certificates: none, those that exist, others, and those that a liar makes. */
function certificatesFor(
  { claims }: World,
  at: number,
  winners: readonly number[],
): readonly (readonly (Certificate | undefined)[])[] {
  const { places, head } = claims[at]!;
  const keys = places.map(slotKey);
  const certified = (i: number, value: Uint8Array): Certificate =>
    made(`${keyOf(keys[i]!)} ${keyOf(value)}`, () => certificateOf({ key: keys[i]!, value }));
  const existing = winners.map((winner, i) => (winner === at ? certified(i, head) : undefined));
  const others = winners.map((winner, i) =>
    winner < 0 ? undefined : certified(i, claims[winner]!.head),
  );
  const lies = winners.map((winner, i) =>
    winner === at ? certified(i, head) : badCertificateOf({ key: keys[i]!, value: head }),
  );
  const none = winners.map(() => undefined);
  const elsewhere = existing.map((one) => existing.find((other) => other !== undefined) ?? one);
  return [none, existing, others, lies, elsewhere];
}

const certificates = new Map<string, Certificate>();

function made(name: string, make: () => Certificate): Certificate {
  const before = certificates.get(name) ?? make();
  certificates.set(name, before);
  return before;
}

const registries = registriesOf(nodes.registry);

function shown(
  world: World,
  payee: PayeeAt,
  at: number,
  verdict: LineageVerdict,
): Move<LineageLocal> {
  const detail = world.claims[at]!.name;
  if (verdict.type === 'missing') return { event: 'misses what it rests on', to: payee, detail };
  if (verdict.type === 'bad') return { event: `refuses: ${verdict.refusal}`, to: payee, detail };
  const { origin } = verdict;
  const before = payee.origins[at];
  const event = origin.certified ? 'certified' : 'uncertified';
  if (before !== undefined && !improves(before, origin)) return { event, to: payee, detail };
  return { event, to: { ...payee, origins: payee.origins.with(at, origin) }, detail };
}

/** As a wallet remembers: what is certified stays so. */
function improves(before: Origin, after: Origin): boolean {
  if (after.certified && !before.certified) return true;
  return after.issued?.certified === true && before.issued?.certified !== true;
}

// What must hold.

function certifiedBy({ origins }: PayeeAt): number {
  return origins.reduce(
    (bits, origin, i) => (origin?.certified === true ? bits | (1 << i) : bits),
    0,
  );
}

/** An offline payment out of a purse: the inputs are purse notes, and what made them is certified. */
function judgePayee({ claims }: World, { origins, wrong }: PayeeAt): string | undefined {
  if (wrong !== undefined) return wrong;
  for (const [i, origin] of origins.entries()) {
    if (origin === undefined || origin.certified || !origin.purse) continue;
    if (!claims[i]!.isPurse) return `uncertified-only-from-purse: ${claims[i]!.name}`;
  }
  return undefined;
}

/** A slot has one value, so of each note at most one branch is certified, and so on back to its issue. */
function judgeNetwork(world: World, heard: number): string | undefined {
  const { claims, slots, bits } = world;
  const certified = claims.map((_, i) => ((heard >> (bits.at(-1)! + i)) & 1) === 1);
  const stray = claims.findIndex(
    (_, i) =>
      certified[i] === true && !slots[i]!.every((slot) => winnerOf(world, heard, slot) === i),
  );
  if (stray >= 0) return `certified-by-its-slots: ${claims[stray]!.name}`;
  const early = claims.findIndex(
    (_, i) => certified[i] === true && !world.restsOn[i]!.every((one) => isTrue(world, heard, one)),
  );
  if (early >= 0) return `certified-back-to-issues: ${claims[early]!.name}`;
  const minted = claims.reduce((sum, { name, outputs }, i) => {
    const isMint = name.startsWith('issue') && isTrue(world, heard, i);
    return isMint ? sum + outputs.reduce((all, { amount }) => all + amount, 0n) : sum;
  }, 0n);
  if (valueIn(world, heard, certified) > minted) return 'certified-value-is-minted';
  return undefined;
}

/** Everything certified of which no slot says that it is spent. */
function valueIn(world: World, heard: number, certified: readonly boolean[]): bigint {
  const { claims, slots } = world;
  const spent = claims.filter((_, i) =>
    slots[i]!.some((slot) => winnerOf(world, heard, slot) === i),
  );
  return claims.reduce((sum, { outputs, head }, i) => {
    if (certified[i] !== true) return sum;
    const left = outputs.filter((_, index) => !spent.some((claim) => takes(claim, head, index)));
    return left.reduce((all, { amount }) => all + amount, sum);
  }, 0n);
}

function takes({ places }: Claimed, source: Uint8Array, index: number): boolean {
  return places.some(({ kind, position }) => kind === 1 && equal(position, noteId(source, index)));
}

function meansOf(world: World, heard: number): readonly string[] {
  const { claims, bits } = world;
  const ours = owner('payee A').id;
  return claims.flatMap(({ name, outputs }, i) => {
    if (((heard >> (bits.at(-1)! + i)) & 1) === 0) return [];
    const paid = outputs.some((output) => equal(output.owner, ours));
    return paid ? [`${name} is certified`, 'a payee is paid'] : [`${name} is certified`];
  });
}

function keyOfLocal(local: LineageLocal): string {
  if ('slot' in local) return String(local.winner);
  const { origins, wrong = '' } = local;
  return origins.map(markOf).join('') + wrong;
}

/** Not known, uncertified, an issue whose chain alone is certified, or certified. */
function markOf(origin: Origin | undefined): string {
  if (origin === undefined) return '-';
  if (origin.certified) return 'c';
  return origin.issued?.certified === true ? 'i' : 'u';
}
