/**
 * Claim 2 of seed 000 under definition 23: every ordered pair of devices has a budget of bytes in
 * every delivery step, and a small one slows its own edge and no other.
 *
 * A hub trades over all its edges as fast as they carry. The run is made twice: with all edges alike,
 * and with one edge that is given its bytes only now and then. On every other edge the count of
 * transitions must be the same after every single step, not about the same.
 */

import { findings, type Claim, type Outcome, type Scale } from './claim.ts';
import { meet, party } from './party.ts';
import { attempt, hear, talker, unwatched, type Parcel, type Talker } from './talk.ts';

export const budgets: Claim = {
  name: 'budgets',
  place: 'definition 23, claim 2',
  words:
    'Budgets can be low on specific edges, reducing progress there, but cannot create global coupling ' +
    'because neither Acc nor quorum fetch references a global serialized object.',
  prove,
};

const budgetBytes = 4_608;
/** The slow edge is given its bytes in one step of so many. */
const slowness = 32;
const hub = 0;
const slow = 1;

interface Run {
  /** Trades that were done on the edge to a peer, after every step. */
  readonly done: ReadonlyMap<number, readonly number[]>;
  readonly mostBytes: number;
  readonly bytes: number;
}

function prove({ quick }: Scale): Outcome {
  const found = findings();
  const [edges, steps] = quick ? [8, 250] : [64, 2_000];
  const alike = run(edges, steps, () => budgetBytes);
  const slowed = run(edges, steps, slowOne);
  let exact = 0;
  for (const [peer, counts] of alike.done) {
    if (peer === slow) continue;
    const others = slowed.done.get(peer)!;
    const differs = counts.findIndex((count, k) => count !== others[k]);
    found.check(
      differs < 0,
      'no-coupling',
      `edge ${peer}: ${counts[differs]} trades after step ${differs}, ${others[differs]} beside a slow edge`,
    );
    exact += differs < 0 ? 1 : 0;
  }
  const last = (of: Run, peer: number): number => of.done.get(peer)!.at(-1)!;
  found.check(last(slowed, slow) < last(alike, slow), 'reached', 'the slow edge is not slow');
  found.check(last(slowed, slow) > 0, 'reached', 'the slow edge stands still');
  return {
    bound: `a hub with ${edges} edges, ${steps} delivery steps, ${budgetBytes} bytes a step and direction, on one edge only every ${slowness} steps`,
    figures: {
      'other edges whose counts are the same after every step': `${exact} of ${edges - 1}`,
      'trades on the edge, alike': last(alike, slow),
      'trades on the edge, slow': last(slowed, slow),
      'trades on another edge, alike': last(alike, slow + 1),
      'trades on another edge, beside the slow one': last(slowed, slow + 1),
      'most bytes in a step and direction': Math.max(alike.mostBytes, slowed.mostBytes),
      'bytes delivered': alike.bytes + slowed.bytes,
    },
    findings: found.list(),
    uncovered: [
      'Computing is free in definition 23: a hub that has no time left for its edges is the claim "hubs".',
      'A message larger than every budget is never delivered; cutting it up is what transports do.',
    ],
    charts: [
      {
        name: 'budgets',
        title: 'One slow edge slows itself and no other',
        caption: `A hub with ${edges} edges that trade as fast as they carry: offer, consent, commit, acknowledgement. ${budgetBytes} bytes in every step and direction; on the slow edge only every ${slowness} steps. The other edges are the same after every step.`,
        x: { label: 'delivery steps', scale: 'linear' },
        y: { label: 'trades done on the edge', scale: 'linear' },
        series: [
          { name: 'the edge, not slowed', points: thinned(alike.done.get(slow)!) },
          { name: 'the edge, slowed', points: thinned(slowed.done.get(slow)!) },
          { name: 'each other edge, in both runs', points: thinned(slowed.done.get(slow + 1)!) },
        ],
      },
    ],
  };
}

function slowOne(from: number, to: number, k: number): number {
  const isSlow = from + to === hub + slow;
  return isSlow && k % slowness !== 0 ? 0 : budgetBytes;
}

function run(
  edges: number,
  steps: number,
  budget: (from: number, to: number, k: number) => number,
): Run {
  const all = Array.from({ length: edges + 1 }, (_, i) => party(i));
  for (const peer of all.slice(1)) meet(all[hub]!, peer);
  const queues = new Map<string, Parcel[]>();
  const out = (parcel: Parcel): void => {
    const name = `${parcel.from} ${parcel.to}`;
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    queue.push(parcel);
  };
  const talkers = all.map((me) => talker(me, out, unwatched));
  for (const of of talkers[hub]!.open.values()) of.wanted = Infinity;
  const done = new Map(all.slice(1).map(({ number }) => [number, [] as number[]]));
  let [mostBytes, bytes] = [0, 0];
  for (let k = 0; k < steps; k++) {
    for (let i = 0; i < edges; i++) {
      // Nobody is always the first.
      const peer = 1 + ((i + k) % edges);
      if (talkers[hub]!.open.get(peer)!.trade.at === 'idle') attempt(talkers[hub]!, peer);
    }
    for (let peer = 1; peer <= edges; peer++) {
      for (const [from, to] of [
        [hub, peer],
        [peer, hub],
      ] as const) {
        const allowed = budget(from, to, k);
        const spent = deliver(talkers, queues.get(`${from} ${to}`) ?? [], allowed);
        mostBytes = Math.max(mostBytes, spent);
        bytes += spent;
      }
      done.get(peer)!.push(talkers[hub]!.open.get(peer)!.done);
    }
  }
  return { done, mostBytes, bytes };
}

/** As many of the oldest messages as the budget allows. */
function deliver(talkers: readonly Talker[], queue: Parcel[], allowed: number): number {
  let spent = 0;
  while (queue.length > 0 && spent + queue[0]!.bytes.length <= allowed) {
    const { from, to, bytes } = queue.shift()!;
    spent += bytes.length;
    hear(talkers[to]!, from, bytes);
  }
  return spent;
}

function thinned(counts: readonly number[]): readonly (readonly [number, number])[] {
  const stride = Math.ceil(counts.length / 200);
  return counts.flatMap((count, k) => (k % stride === 0 ? [[k, count] as const] : []));
}
