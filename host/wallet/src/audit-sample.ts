/**
 * Samples of an audit: bytes of what a node says it uses, and objects that it should keep.
 *
 * A byte is drawn from all that the commit claims; the node must show the bucket in which it lies,
 * all keys of the bucket, and the path to the root. So bytes that are only claimed are drawn as often
 * as real ones, and no bucket shows them. The key that covers the byte is then challenged: under a
 * fresh nonce the node names a digest that takes all bytes, which the auditor has from elsewhere.
 */

import {
  decodeBucketPage,
  decodeProvenKey,
  evaluateBucket,
  evaluateSum,
  holders,
  bucketOf,
  nobody,
  rangeCount,
  decodeAddressPage,
  recordSize,
  type BucketPage,
  type MapName,
  type NodeAnswer,
  type SignedByteCommit,
  type SumEntry,
} from '@dsm/availability';
import { address as addressOf, equal, hash, isZero, limits } from '@dsm/primitive';
import type { Auditing } from './audit.ts';
import { bodyOf, type Peer } from './repair-peer.ts';

/**
 * passed      shown, with all its bytes
 * missing     claimed by the commit, and not there
 * wrong       other bytes, a digest of other bytes, or an answer that makes no sense
 * false-used  the commit's sum or a size in it is not what stands there
 * lacking     the node should keep it and does not claim to: repair's work, no fault
 * later       not to be told now
 */
export type SampleOutcome = 'passed' | 'missing' | 'wrong' | 'false-used' | 'lacking' | 'later';

export interface Sample {
  readonly outcome: SampleOutcome;
  /** The object or slot that was challenged, once one was. */
  readonly key: Uint8Array | undefined;
}

/** Challenges a byte that was drawn from all that the commit says of one map. */
export async function sampleByte(
  auditing: Auditing,
  { commit }: SignedByteCommit,
  map: MapName,
): Promise<Sample> {
  const { entropy, registry } = auditing;
  const [root, used] =
    map === 1 ? [commit.objectsRoot, commit.objectsUsed] : [commit.slotsRoot, commit.slotsUsed];
  if (used === 0) return { outcome: isZero(root) ? 'passed' : 'false-used', key: undefined };
  const point = pointBelow(used, entropy.bytes(8));
  const shown = await bucketAt(auditing.audited, map, point);
  if (typeof shown === 'string') return { outcome: shown, key: undefined };
  if (shown.sequence !== commit.sequence) return { outcome: 'later', key: undefined };
  const { bucket, entries, path } = shown;
  const of = evaluateBucket(registry.bucketBits, bucket, entries, path);
  const isShown =
    of.ok &&
    equal(of.root, root) &&
    of.sum === used &&
    of.before <= point &&
    point < of.before + of.within;
  if (!isShown) return { outcome: 'false-used', key: undefined };
  const entry = entryAt(entries, point - of.before);
  const outcome =
    map === 1 ? await challengeObject(auditing, entry) : await challengeSlot(auditing, entry);
  return { outcome: await unlessChanged(auditing, map, entry, outcome), key: entry.key };
}

/** A whole number below `end`, even up to a part in 2^11 for the largest. */
function pointBelow(end: number, drawn: Uint8Array): number {
  const number = new DataView(drawn.slice().buffer).getBigUint64(0);
  return Number(number % BigInt(end));
}

/** The key that covers the byte: each has as many as its size. */
function entryAt(entries: readonly SumEntry[], offset: number): SumEntry {
  let rest = offset;
  return entries.find(({ size }) => (rest -= size) < 0)!;
}

/** The whole bucket in which a byte lies. A byte that is used and nowhere is a false claim. */
async function bucketAt(
  node: Peer,
  map: MapName,
  point: number,
): Promise<BucketPage | 'later' | 'false-used' | 'wrong'> {
  const [answer] = await node.ask([{ type: 'bucket-at', map, point }]);
  if (answer?.type === 'absent') return 'false-used';
  const first = pageOf(answer);
  return typeof first === 'string' ? first : wholeBucket(node, map, first);
}

async function wholeBucket(
  node: Peer,
  map: MapName,
  first: BucketPage,
): Promise<BucketPage | 'later' | 'wrong'> {
  const { bucket, sequence } = first;
  const entries = [...first.entries];
  let { more } = first;
  while (more === 1) {
    const after = entries.at(-1)?.key;
    const [answer] = await node.ask([{ type: 'bucket', map, bucket, after }]);
    const page = pageOf(answer);
    if (typeof page === 'string') return page;
    if (page.sequence !== sequence) return 'later';
    entries.push(...page.entries);
    if (page.entries.length === 0 || entries.length > bucketKeysMax) return 'wrong';
    ({ more } = page);
  }
  return { ...first, entries };
}

/** More keys in one bucket than chance or malice brings together. */
const bucketKeysMax = 2 ** 20;

function pageOf(answer: NodeAnswer | undefined): BucketPage | 'later' | 'wrong' {
  const body = bodyOf(answer);
  return body === undefined ? 'later' : (decodeBucketPage(body) ?? 'wrong');
}

async function challengeObject(
  auditing: Auditing,
  { key, size }: SumEntry,
): Promise<SampleOutcome> {
  const { audited, entropy } = auditing;
  const nonce = entropy.bytes(32);
  const [possessed, got] = await audited.ask([
    { type: 'possess', nonce, address: key },
    { type: 'get', address: key },
  ]);
  if (possessed?.type === 'absent' || got?.type === 'absent') return 'missing';
  const [digest, bytes] = [bodyOf(possessed), bodyOf(got)];
  if (digest === undefined || bytes === undefined) return 'later';
  if (!equal(addressOf(bytes), key)) return 'wrong';
  // The digest is compared with bytes from elsewhere: its own would show only that it can count.
  const elsewhere = (await auditing.elsewhere(key)) ?? bytes;
  if (!equal(digest, hash('possess', nonce, elsewhere))) return 'wrong';
  return size === recordSize(bytes.length) ? 'passed' : 'false-used';
}

/** What a node keeps of a slot beside its state: the history of what stood, 134 bytes a version. */
const historyBytesMax = 8 + limits.slotHistoryMax * (6 + 32 * limits.slotValuesMax);

async function challengeSlot(auditing: Auditing, { key, size }: SumEntry): Promise<SampleOutcome> {
  const [answer] = await auditing.audited.ask([{ type: 'read-slot', key }]);
  if (answer?.type === 'absent') return 'missing';
  const state = bodyOf(answer);
  if (state === undefined) return 'later';
  const least = recordSize(state.length);
  return size >= least && size <= least + historyBytesMax ? 'passed' : 'false-used';
}

/** What was dropped since the commit is no fault: the node then has something else to show. */
async function unlessChanged(
  { audited }: Auditing,
  map: MapName,
  { key }: SumEntry,
  outcome: SampleOutcome,
): Promise<SampleOutcome> {
  if (outcome !== 'missing' && outcome !== 'false-used') return outcome;
  const [answer] = await audited.ask([{ type: 'prove', map, key }]);
  return answer?.type === 'later' ? 'later' : outcome;
}

/** Challenges an object that another holder lists and this node should keep, too. */
export async function sampleShared(
  auditing: Auditing,
  { commit }: SignedByteCommit,
): Promise<Sample | undefined> {
  const { audited, peers, registry, entropy } = auditing;
  const others = peers.filter((one) => one !== audited && !one.isSilent());
  const [which, range] = entropy.bytes(2);
  const other = others[which! % Math.max(others.length, 1)];
  if (other === undefined || audited.index === nobody) return undefined;
  const common = { version: registry.version, peer: audited.index, absent: [] };
  const asked = { type: 'list', ...common, range: range! % rangeCount, after: undefined } as const;
  const body = bodyOf((await other.ask([asked]))[0]);
  const listed = body === undefined ? undefined : decodeAddressPage(body)?.addresses;
  const key = listed?.[pointBelow(Math.max(listed.length, 1), entropy.bytes(8))];
  if (key === undefined) return undefined;
  const bucket = bucketOf(registry.bucketBits, key);
  if (!holders(registry, bucket, new Set()).includes(audited.index)) return undefined;
  const outcome = await sharedOutcome(auditing, commit, key);
  // Who lists what nobody has accuses nobody.
  const isMadeUp = outcome === 'lacking' && (await auditing.elsewhere(key)) === undefined;
  return isMadeUp ? undefined : { outcome, key };
}

async function sharedOutcome(
  { audited }: Auditing,
  commit: SignedByteCommit['commit'],
  key: Uint8Array,
): Promise<SampleOutcome> {
  const [got, proven] = await audited.ask([
    { type: 'get', address: key },
    { type: 'prove', map: 1, key },
  ]);
  const bytes = bodyOf(got);
  const body = bodyOf(proven);
  const said = body === undefined ? undefined : decodeProvenKey(body);
  if (said === undefined || said.sequence !== commit.sequence) return 'later';
  const shown = evaluateSum(said.proof, key, said.size);
  const isShown =
    shown.ok && equal(shown.root, commit.objectsRoot) && shown.sum === commit.objectsUsed;
  if (!isShown) return 'false-used';
  if (bytes === undefined) return said.size === undefined ? 'lacking' : 'missing';
  if (!equal(addressOf(bytes), key)) return 'wrong';
  // It has what it proves that it has not: it hides what it uses.
  return said.size === recordSize(bytes.length) ? 'passed' : 'false-used';
}
