/**
 * Copying objects to the nodes that lack them: those with the fewest copies first, in batches that
 * are bounded in bytes, at the pace of the caller.
 *
 * Bytes count when they have their address. The claims on an object travel with it: all those that
 * f + 1 of its holders name, so whoever lies can add a claim and take none away. A node that is full
 * is passed over, and the next in the order of the bucket takes the object (spill).
 */

import {
  claimsCoder,
  tableOf,
  usualTerms,
  type NodeAnswer,
  type NodeRequest,
  type Terms,
} from '@dsm/availability';
import { address as addressOf, decodeWith, encodeWith, equal, keyOf } from '@dsm/primitive';
import { askWhether, holdersOf, type Finding, type Search } from './repair-find.ts';
import { bodyOf, type Peer } from './repair-peer.ts';

export interface Copying {
  readonly search: Search;
  /** The most bytes of objects that are on their way at a time; one object always may be. */
  readonly bytesInFlight: number;
  /** Waited for before so many bytes are moved. */
  readonly pace: (bytes: number) => Promise<void>;
  readonly onCopied: (bytes: number) => void;
  /** A node handed out bytes of another address. */
  readonly onWrong: (index: number) => void;
  readonly isOver: () => boolean;
  /** Nodes that have said that they are full: they are offered nothing more. */
  readonly full: Set<number>;
}

/** Addresses that are looked at together. */
const batchMax = 64;

/** Copies until every holder has everything that somebody serves, as far as the nodes let it. */
export async function copyMissing(copying: Copying, findings: readonly Finding[]): Promise<void> {
  const { isOver } = copying;
  let open = findings.filter((one) => isOpen(copying, one));
  while (open.length > 0 && !isOver()) {
    const byNeed = open.toSorted((a, b) => copies(a) - copies(b));
    const failed = new Set<Finding>();
    for (let from = 0; from < byNeed.length && !isOver(); from += batchMax) {
      await copyBatch(copying, byNeed.slice(from, from + batchMax), failed);
    }
    // A source that failed is no source any more, and a node that is full no target: so this ends.
    open = [...failed].filter((one) => isOpen(copying, one));
  }
}

/** Nodes that have the object. */
export function copies({ has }: Finding): number {
  return [...has.values()].filter(Boolean).length;
}

/**
 * Where the object should go: to holders that lack it, and where those are full to the next nodes in
 * the order of the bucket, until there are r copies.
 */
function targets({ search, full }: Copying, finding: Finding): readonly number[] {
  const { registry, peers, absent } = search;
  const { has, bucket } = finding;
  const lacking = holdersOf(search, finding).filter((index) => has.get(index) === false);
  const open = lacking.filter((index) => !full.has(index));
  if (open.length === lacking.length) return open;
  const beside = tableOf(registry)
    .replicas(bucket)
    .filter((index) => !absent.includes(index) && !peers[index]!.isSilent())
    .filter((index) => !has.has(index) && !full.has(index));
  return [...open, ...beside.slice(0, Math.max(0, registry.r - copies(finding) - open.length))];
}

function sources({ peers }: Search, { has }: Finding): readonly Peer[] {
  return peers.filter((one) => has.get(one.index) === true && !one.isSilent());
}

function isOpen(copying: Copying, finding: Finding): boolean {
  return targets(copying, finding).length > 0 && sources(copying.search, finding).length > 0;
}

async function copyBatch(
  copying: Copying,
  batch: readonly Finding[],
  failed: Set<Finding>,
): Promise<void> {
  const { search, bytesInFlight, isOver } = copying;
  const bySource = grouped(batch, (one) => {
    const all = sources(search, one);
    // Sources share the work: the address is as good as a die.
    return all[one.address[31]! % Math.max(all.length, 1)];
  });
  for (const [source, wanted] of bySource) {
    const sizes = await askWhether(source, wanted);
    let together: Finding[] = [];
    let bytes = 0;
    for (const [i, finding] of wanted.entries()) {
      const size = sizes[i];
      if (size === undefined) {
        finding.has.set(source.index, false);
        failed.add(finding);
        continue;
      }
      if (bytes + size > bytesInFlight && together.length > 0) {
        await copyFrom(copying, source, together, bytes, failed);
        [together, bytes] = [[], 0];
      }
      if (isOver()) return;
      together.push(finding);
      bytes += size;
    }
    if (together.length > 0) await copyFrom(copying, source, together, bytes, failed);
  }
}

/** An object on its way. */
interface Fetched {
  readonly finding: Finding;
  readonly bytes: Uint8Array;
  readonly claims: readonly Terms[];
}

async function copyFrom(
  copying: Copying,
  source: Peer,
  wanted: readonly Finding[],
  bytes: number,
  failed: Set<Finding>,
): Promise<void> {
  const { search, pace, onWrong } = copying;
  const puts = wanted.reduce((sum, one) => sum + targets(copying, one).length, 0);
  await pace(bytes + Math.ceil((bytes * puts) / wanted.length));
  const answers = await source.ask(wanted.map(({ address }) => ({ type: 'get', address })));
  const claims = await claimsOn(search, source, wanted);
  const fetched: Fetched[] = [];
  for (const [i, finding] of wanted.entries()) {
    const body = bodyOf(answers[i]);
    if (body !== undefined && equal(addressOf(body), finding.address)) {
      fetched.push({ finding, bytes: body, claims: claims.get(finding) ?? [usualTerms] });
      continue;
    }
    if (body !== undefined) onWrong(source.index);
    finding.has.set(source.index, false);
    failed.add(finding);
  }
  await put(copying, fetched, failed);
}

/** All claims that f + 1 holders name, each once. */
async function claimsOn(
  search: Search,
  source: Peer,
  wanted: readonly Finding[],
): Promise<ReadonlyMap<Finding, readonly Terms[]>> {
  const { f } = search.registry;
  const asked = wanted.flatMap((finding) => {
    const others = sources(search, finding).filter((one) => one !== source);
    return [source, ...others.slice(0, f)].map((node) => ({ node, finding }));
  });
  const found = new Map<Finding, Map<string, Terms>>();
  for (const [node, all] of grouped(asked, (one) => one.node)) {
    const answers = await node.ask(
      all.map(({ finding }) => ({ type: 'terms', address: finding.address })),
    );
    for (const [i, { finding }] of all.entries()) {
      const body = bodyOf(answers[i]);
      const claims = body === undefined ? [] : (decodeWith(claimsCoder, body) ?? []);
      const known = found.get(finding) ?? new Map<string, Terms>();
      for (const one of claims) known.set(keyOf(encodeWith(claimsCoder, [one])), one);
      if (known.size > 0) found.set(finding, known);
    }
  }
  return new Map([...found].map(([finding, claims]) => [finding, [...claims.values()]]));
}

async function put(
  copying: Copying,
  fetched: readonly Fetched[],
  failed: Set<Finding>,
): Promise<void> {
  const { search, full } = copying;
  const wanted = fetched.flatMap((one) =>
    targets(copying, one.finding).map((index) => ({ one, node: search.peers[index]! })),
  );
  for (const [node, all] of grouped(wanted, ({ node: to }) => to)) {
    const answers = await putTo(
      copying,
      node,
      all.map(({ one }) => one),
    );
    for (const [i, { one }] of all.entries()) {
      if (answers[i]?.type !== 'full') continue;
      full.add(node.index);
      failed.add(one.finding);
    }
  }
}

/** Puts objects with all their claims; answers how each ended. */
async function putTo(
  { onCopied }: Copying,
  node: Peer,
  all: readonly Fetched[],
): Promise<readonly (NodeAnswer | undefined)[]> {
  const requests = all.flatMap(({ bytes, claims }) =>
    claims.map((terms): NodeRequest => ({ type: 'put', terms, bytes })),
  );
  const answers = await node.ask(requests);
  let at = 0;
  return all.map(({ finding, bytes, claims }) => {
    const own = answers.slice(at, (at += claims.length));
    const worst = own.find((answer) => answer?.type !== 'ok');
    if (own.length > 0 && worst === undefined && own.every((one) => one !== undefined)) {
      finding.has.set(node.index, true);
      onCopied(bytes.length);
    }
    return worst ?? own[0];
  });
}

function grouped<T>(all: readonly T[], of: (one: T) => Peer | undefined): Map<Peer, T[]> {
  const groups = new Map<Peer, T[]>();
  for (const one of all) {
    const node = of(one);
    if (node === undefined) continue;
    const known = groups.get(node);
    if (known === undefined) groups.set(node, [one]);
    else known.push(one);
  }
  return groups;
}
