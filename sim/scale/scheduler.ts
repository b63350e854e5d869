/**
 * Theorems 1 and 2 of seed 000 under the scheduler of definition 9: whoever chooses what is delivered
 * may delay, reorder, repeat, drop, bend and misdirect every message, and one device is a cheat that
 * forks its lanes and forges those of others. No honest device may accept an invalid transition.
 * Afterwards the scheduler is fair, still losing and repeating: every trade that was wanted is made.
 */

import { dice, type Dice } from '@dsm/memory';
import { encodeOperation } from '@dsm/protocols';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { judge, type Judge } from './judge.ts';
import { asBytes, meet, party, revived, type Party } from './party.ts';
import { attempt, hear, talker, type Parcel, type Talker } from './talk.ts';
import { commitBytes, stated } from './transition.ts';

export const scheduler: Claim = {
  name: 'scheduler',
  place: 'definition 9, theorems 1 and 2',
  words:
    'For any scheduler Sched, honest devices never accept an invalid relationship transition. If ' +
    'endpoints i and j continue attempting to advance C_ij with valid transitions, then C_ij advances.',
  prove,
};

const cheat = 0;
/** Delivery steps after which a fair scheduler must have delivered what was attempted all the time. */
const fairStepsMax = 100_000;
const inFlightMax = 400;

interface World {
  readonly talkers: readonly Talker[];
  readonly roll: Dice;
  readonly judged: Judge;
  readonly flight: Parcel[];
  readonly past: Parcel[];
  /** What the cheat and a spy have seen: devices as they stood. */
  readonly snapshots: Map<number, Uint8Array>;
  readonly counts: Record<Act, number>;
}

const acts = [
  'delivered',
  'repeated',
  'dropped',
  'bent',
  'misdirected',
  'replayed',
  'forked',
  'forged',
] as const;
type Act = (typeof acts)[number];

function prove({ quick, seed, progress }: Scale): Outcome {
  const found = findings();
  // So many trades in each direction of every edge that the adversary never runs out of work.
  const [devices, worlds, steps, wanted] = quick ? [8, 4, 1_500, 5] : [24, 40, 10_000, 30];
  const totals = new Map<string, number>();
  const count = (name: string, by: number): unknown =>
    totals.set(name, (totals.get(name) ?? 0) + by);
  for (let number = 0; number < worlds; number++) {
    const world = worldOf(devices, wanted, dice(`world ${number} ${seed}`), found);
    for (let k = 0; k < steps; k++) adversary(world);
    const fair = fairly(world, found);
    for (const act of acts) count(act, world.counts[act]);
    count('transitions judged', world.judged.counts.absorbed);
    count('fair steps until all was done', fair);
    if (number % 10 === 0) progress(`world ${number}: done after ${fair} fair steps`);
  }
  for (const act of acts) found.check((totals.get(act) ?? 0) > 0, 'reached', `nothing was ${act}`);
  return {
    bound: `${worlds} worlds of ${devices} devices, one a cheat, ${wanted} trades wanted in each direction of every edge, ${steps} adversarial delivery steps each and as many fair ones as it took`,
    figures: Object.fromEntries(totals),
    findings: found.list(),
    uncovered: [
      'Schedules are drawn at random; all of them, for small worlds, are walked by npm run explore.',
      'Theorem 2 needs a peer that goes on: nothing advances a relationship whose other side is silent for ever.',
    ],
    charts: [],
  };
}

function worldOf(devices: number, wanted: number, roll: Dice, found: Findings): World {
  const all = Array.from({ length: devices }, (_, i) => party(i));
  // A ring, so that nobody is alone, and as many chords.
  for (let i = 0; i < devices; i++) {
    for (const j of [(i + 1) % devices, roll(devices)]) {
      if (j !== i && !all[i]!.edges.has(j)) meet(all[i]!, all[j]!);
    }
  }
  const judged = judge(found);
  const flight: Parcel[] = [];
  const past: Parcel[] = [];
  const out = (parcel: Parcel): void => {
    flight.push(parcel);
    past[roll(2_000)] = parcel;
  };
  const talkers = all.map((me) => talker(me, out, judged));
  for (const { open } of talkers) for (const of of open.values()) of.wanted = wanted;
  const counts = Object.fromEntries(acts.map((act) => [act, 0])) as Record<Act, number>;
  return { talkers, roll, judged, flight, past, snapshots: new Map(), counts };
}

/** One step of definition 9: somebody attempts, and the scheduler does as it likes. */
function adversary(world: World): void {
  const { talkers, roll, flight, counts } = world;
  attemptOne(world);
  for (let i = roll(4); i > 0 && flight.length > 0; i--) {
    const at = roll(flight.length);
    const parcel = flight[at]!;
    const luck = roll(100);
    if (luck >= 15) take(flight, at);
    if (luck < 15) deliver(world, parcel, 'repeated');
    else if (luck < 70) deliver(world, parcel, 'delivered');
    else if (luck < 80) counts.dropped += 1;
    else if (luck < 92) deliver(world, bent(parcel, roll), 'bent');
    else deliver(world, { ...parcel, ...direction(talkers, roll) }, 'misdirected');
  }
  const replayed = world.past[roll(2_000)];
  if (replayed !== undefined && roll(4) === 0) deliver(world, replayed, 'replayed');
  if (roll(20) === 0) attack(world);
  while (flight.length > inFlightMax) {
    take(flight, roll(flight.length));
    counts.dropped += 1;
  }
}

function attemptOne({ talkers, roll }: World): void {
  const by = talkers[roll(talkers.length)]!;
  const peers = [...by.open.keys()];
  attempt(by, peers[roll(peers.length)]!);
}

function deliver({ talkers, counts }: World, { from, to, bytes }: Parcel, act: Act): void {
  counts[act] += 1;
  hear(talkers[to]!, from, bytes);
}

/** Remove what lies at this place; the last one takes it. */
function take(flight: Parcel[], at: number): void {
  const last = flight.pop()!;
  if (at < flight.length) flight[at] = last;
}

function bent(parcel: Parcel, roll: Dice): Parcel {
  const at = roll(parcel.bytes.length);
  return { ...parcel, bytes: parcel.bytes.with(at, parcel.bytes[at]! ^ (1 << roll(8))) };
}

function direction(talkers: readonly Talker[], roll: Dice): { from: number; to: number } {
  const to = roll(talkers.length);
  const peers = [...talkers[to]!.open.keys()];
  return { from: peers[roll(peers.length)]!, to };
}

/**
 * From the state of some earlier moment, a run is stated that goes another way. The cheat signs its
 * own with its key, and those of others with the same: it has no other.
 */
function attack(world: World): void {
  const { talkers, roll, snapshots, counts, judged } = world;
  const victim = roll(3) === 0 ? roll(talkers.length) : cheat;
  const seen = snapshots.get(victim);
  if (seen === undefined || roll(4) === 0) {
    snapshots.set(victim, asBytes(talkers[victim]!.me));
    return;
  }
  const clone: Party = { ...revived(seen), working: talkers[cheat]!.me.working };
  const peers = [...clone.edges.keys()];
  const to = peers[roll(peers.length)]!;
  const text = `another way ${counts.forked + counts.forged}`;
  const change = stated(clone, to, encodeOperation({ type: 'memo', text }));
  const parcel = { from: victim, to, bytes: commitBytes(clone, change) };
  if (victim === cheat) judged.saidByCheat(cheat, change.run.heads, change.run.entries);
  deliver(world, parcel, victim === cheat ? 'forked' : 'forged');
}

/** A scheduler that loses a fifth and repeats a tenth, until all honest trades are done. */
function fairly(world: World, found: Findings): number {
  const { flight, roll, counts } = world;
  let left = unfinished(world);
  for (let k = 0; k < fairStepsMax; k++) {
    if (k % 50 === 0) left = unfinished(world);
    if (left.length === 0) return k;
    attemptOne(world);
    for (let i = 0; i < 6 && flight.length > 0; i++) {
      const at = roll(flight.length);
      const parcel = flight[at]!;
      if (roll(10) > 0) take(flight, at);
      if (roll(5) > 0) deliver(world, parcel, 'delivered');
      else counts.dropped += 1;
    }
  }
  for (const edge of left) found.add('liveness', `${edge} did not advance`);
  return fairStepsMax;
}

function unfinished({ talkers }: World): readonly string[] {
  return talkers.flatMap(({ me, open }) =>
    [...open]
      .filter(([peer, { done, wanted }]) => me.number !== cheat && peer !== cheat && done < wanted)
      .map(([peer]) => `${me.number} → ${peer}`),
  );
}
