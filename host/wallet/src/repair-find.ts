/**
 * Which objects have fewer copies than they should, and who has them: found by comparing the nodes
 * that should keep the same, and by looking at what nodes keep beside that (spill, and what came
 * under an earlier version of the registry).
 *
 * Two nodes that were compared and do not differ in an address both have it or both lack it. So of
 * each address that turns up somewhere, one node is asked whether it has it, and the others follow.
 */

import {
  bucketOf,
  decodeRanges,
  holders,
  nobody,
  rangeOf,
  type NodeRequest,
} from '@dsm/availability';
import { decodeWith, isZero, keyOf, u32, type Registry } from '@dsm/primitive';
import { differenceOf, listed, type Pair } from './repair-compare.ts';
import { bodyOf, type Peer } from './repair-peer.ts';

/** An object that is not where it should be. */
export interface Finding {
  readonly address: Uint8Array;
  readonly bucket: number;
  /** By the index of a node: whether it has the object, as far as that is known. */
  readonly has: Map<number, boolean>;
}

export interface Found {
  readonly findings: readonly Finding[];
  /** Pairs of nodes that were compared, and those that could not be. */
  readonly compared: number;
  readonly uncompared: number;
  /** Two nodes differ in more than is looked at in one pass. */
  readonly isCut: boolean;
}

export interface Search {
  readonly registry: Registry;
  /** Those of the registry at their index, then those that have left it. */
  readonly peers: readonly Peer[];
  /** Nodes for which others stand in. */
  readonly absent: readonly number[];
  /** Only pairs with this node, if it is given. */
  readonly only: number | undefined;
  readonly nonce: Uint8Array;
  readonly isOver: () => boolean;
}

interface Compared {
  readonly addresses: ReadonlySet<string>;
  readonly left: readonly number[];
}

interface State {
  readonly search: Search;
  readonly findings: Map<string, Finding>;
  /** Of compared pairs, the addresses in which they differ, and ranges that were left out. */
  readonly differing: Map<string, Compared>;
  uncompared: number;
  isCut: boolean;
}

export async function findDeficits(search: Search): Promise<Found> {
  const state: State = {
    search,
    findings: new Map(),
    differing: new Map(),
    uncompared: 0,
    isCut: false,
  };
  await comparePairs(state);
  await lookBeside(state);
  await complete(state, [...state.findings.values()]);
  const { findings, differing, uncompared, isCut } = state;
  return { findings: [...findings.values()], compared: differing.size, uncompared, isCut };
}

function there({ peers, registry }: Search): readonly Peer[] {
  return peers.slice(0, registry.nodes.length).filter((one) => !one.isSilent());
}

async function comparePairs(state: State): Promise<void> {
  const { search } = state;
  const { registry, absent, only, nonce, isOver } = search;
  const nodes = there(search);
  const pairs = nodes.flatMap((first, i) =>
    nodes
      .slice(i + 1)
      .filter((second) => only === undefined || first.index === only || second.index === only)
      .map((second): Pair => ({ registry, first, second, absent, nonce })),
  );
  const digests = await allDigests(search, nodes, pairs);
  for (const pair of pairs) {
    if (isOver()) return;
    const { first, second } = pair;
    const ours = digests.get(`${first.index} ${second.index}`);
    const theirs = digests.get(`${second.index} ${first.index}`);
    const difference =
      ours === undefined || theirs === undefined
        ? undefined
        : await differenceOf(pair, [ours, theirs]);
    if (difference === undefined) {
      state.uncompared += 1;
      continue;
    }
    const { either, onlyFirst, onlySecond, left } = difference;
    const sides = [first.index, second.index] as const;
    for (const address of onlyFirst) note(state, address, sides);
    for (const address of onlySecond) note(state, address, [sides[1], sides[0]]);
    for (const address of either) note(state, address, undefined);
    const addresses = new Set([...either, ...onlyFirst, ...onlySecond].map(keyOf));
    state.differing.set(`${first.index} ${second.index}`, { addresses, left });
    state.isCut ||= left.length > 0;
  }
}

/** The digests of the ranges that each node shares with each other one, by both indices. */
async function allDigests(
  { registry, absent, nonce }: Search,
  nodes: readonly Peer[],
  pairs: readonly Pair[],
): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  const found = new Map<string, readonly Uint8Array[]>();
  const { version } = registry;
  const askOne = async (node: Peer): Promise<void> => {
    const others = pairs.flatMap(({ first, second }) =>
      first === node ? [second.index] : second === node ? [first.index] : [],
    );
    const requests = others.map((other): NodeRequest => ({
      type: 'ranges',
      version,
      peer: other,
      absent,
      nonce,
    }));
    const answers = await node.ask(requests);
    for (const [i, other] of others.entries()) {
      const body = bodyOf(answers[i]);
      const digests = body === undefined ? undefined : decodeRanges(body);
      if (digests !== undefined) found.set(`${node.index} ${other}`, digests);
    }
  };
  await Promise.all(nodes.map(askOne));
  return found;
}

/** What nodes keep that they are not holders of: copies that count, and perhaps the only ones. */
async function lookBeside(state: State): Promise<void> {
  const { registry, peers, absent, only, nonce, isOver } = state.search;
  const { version } = registry;
  const common = { version, peer: nobody, absent };
  const wanted = peers.filter(
    (one) => !one.isSilent() && (only === undefined || one.index === only),
  );
  for (const node of wanted) {
    const [answer] = await node.ask([{ type: 'ranges', ...common, nonce }]);
    const body = bodyOf(answer);
    const digests = body === undefined ? [] : (decodeRanges(body) ?? []);
    for (const [range, digest] of digests.entries()) {
      if (isZero(digest) || isOver()) continue;
      const beside = (await listed(node, common, range)) ?? [];
      await noteBeside(state, node, beside);
    }
  }
}

/** Most of what lies beside lies at its holders, too, and is no finding. */
async function noteBeside(state: State, node: Peer, beside: readonly Uint8Array[]): Promise<void> {
  const findings = beside.map((address) => note(state, address, undefined));
  for (const { has } of findings) has.set(node.index, true);
  await complete(state, findings);
  for (const finding of findings) {
    const isEverywhere = holdersOf(state.search, finding).every(
      (index) => finding.has.get(index) === true,
    );
    if (isEverywhere) state.findings.delete(keyOf(finding.address));
  }
}

/** Finds out of all holders whether they have these. */
async function complete(state: State, findings: readonly Finding[]): Promise<void> {
  await orient(state, findings);
  const unknown = new Map<Peer, Finding[]>();
  for (const finding of findings) {
    deduce(state, finding);
    for (const index of holdersOf(state.search, finding)) {
      if (!finding.has.has(index)) add(unknown, state.search.peers[index]!, finding);
    }
  }
  // What does not follow, because two nodes could not be compared, is asked.
  for (const [node, all] of unknown) await askWhether(node, all);
}

function add(all: Map<Peer, Finding[]>, node: Peer, finding: Finding): void {
  const known = all.get(node);
  if (known === undefined) all.set(node, [finding]);
  else known.push(finding);
}

function note(
  state: State,
  address: Uint8Array,
  sides: readonly [number, number] | undefined,
): Finding {
  const { registry } = state.search;
  const key = keyOf(address);
  const bucket = bucketOf(registry.bucketBits, address);
  const finding = state.findings.get(key) ?? { address, bucket, has: new Map() };
  state.findings.set(key, finding);
  if (sides !== undefined) {
    finding.has.set(sides[0], true);
    finding.has.set(sides[1], false);
  }
  return finding;
}

/** Asks one holder of each address whether it has it, where that is not known of any. */
async function orient({ search }: State, findings: readonly Finding[]): Promise<void> {
  const wanted = new Map<Peer, Finding[]>();
  for (const finding of findings) {
    const candidates = holdersOf(search, finding);
    if (candidates.some((index) => finding.has.has(index))) continue;
    const preferred = candidates.find((index) => index === search.only) ?? candidates[0];
    if (preferred === undefined) continue;
    add(wanted, search.peers[preferred]!, finding);
  }
  for (const [node, all] of wanted) await askWhether(node, all);
}

/** Asks a node which of these it has; answers with the sizes of those. */
export async function askWhether(
  node: Peer,
  findings: readonly Finding[],
): Promise<readonly (number | undefined)[]> {
  const answers = await node.ask(findings.map(({ address }) => ({ type: 'has', address })));
  return findings.map(({ has }, i) => {
    const type = answers[i]?.type;
    if (type === 'ok' || type === 'absent') has.set(node.index, type === 'ok');
    const body = bodyOf(answers[i]);
    return body === undefined ? undefined : decodeWith(u32, body);
  });
}

/** The holders of a finding that answer. */
export function holdersOf(
  { registry, absent, peers }: Search,
  { bucket }: Finding,
): readonly number[] {
  const all = holders(registry, bucket, new Set(absent));
  return all.filter((index) => !peers[index]!.isSilent());
}

/** Whoever was compared with a node of which it is known has it just as that one, or not. */
function deduce(state: State, finding: Finding): void {
  const all = holdersOf(state.search, finding);
  // What follows for one may be what it takes for another.
  for (let round = 0; round < all.length; round++) {
    for (const index of all) {
      if (finding.has.has(index)) continue;
      const known = all.map((other) => likeOf(state, finding, index, other));
      const has = known.find((one) => one !== undefined);
      if (has !== undefined) finding.has.set(index, has);
    }
  }
}

/** Whether node `index` has it, as far as another node tells. */
function likeOf(
  { differing }: State,
  { address, has }: Finding,
  index: number,
  other: number,
): boolean | undefined {
  const known = has.get(other);
  const [low, high] = [Math.min(index, other), Math.max(index, other)];
  const difference = differing.get(`${low} ${high}`);
  if (known === undefined || difference === undefined) return undefined;
  if (difference.addresses.has(keyOf(address))) return !known;
  return difference.left.includes(rangeOf(address)) ? undefined : known;
}
