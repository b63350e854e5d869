/**
 * Routes: a payment to somebody with whom the payer has no edge, by locks over the edges of others.
 *
 *     invoice    network ‖ recipient ‖ H_lock( preimage ) ‖ token ‖ amount ‖ memo
 *     lock       each hop locks its amount under the same hash; the next device finds the rest of the
 *                way in the lock:  ( device ‖ amount ), … to the recipient, for whom nothing is left
 *     fee        what a relay keeps of what it is sent:  flat + perMillion × what it sends on
 *
 * The recipient opens the last lock with the preimage, and with it each payer is asked to pay its
 * hop. What a relay does with a lock is in core/bilateral/passage.ts.
 */

import {
  bytes32,
  encodeWith,
  decodeWith,
  equal,
  keyOf,
  kinds,
  limits,
  list,
  object,
  struct,
  text,
  u128,
  u32,
  type Coder,
  type Obj,
} from '@dsm/primitive';

/** Asks for one payment. It commits nobody: whoever pays it trusts the text that it came in. */
export interface Invoice {
  readonly network: Uint8Array;
  readonly device: Uint8Array;
  readonly hash: Uint8Array;
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly memo: string;
}

export const invoice: Obj<Invoice> = object(
  kinds.invoice,
  512,
  struct<Invoice>({
    network: bytes32,
    device: bytes32,
    hash: bytes32,
    token: bytes32,
    amount: u128,
    memo: text(limits.memoBytesMax),
  }),
);

/** One hop: who is paid by it, and how much. */
export interface Hop {
  readonly device: Uint8Array;
  readonly amount: bigint;
}

/** What a device takes for passing a payment on over one of its edges. */
export interface Fee {
  readonly flat: bigint;
  readonly perMillion: number;
}

export const noFee: Fee = { flat: 0n, perMillion: 0 };

export const feeCoder: Coder<Fee> = struct<Fee>({ flat: u128, perMillion: u32 });

const hopsCoder = list(struct<Hop>({ device: bytes32, amount: u128 }), limits.hopsMax);

/** The hops behind the next one, as its lock carries them. */
export function encodeHops(hops: readonly Hop[]): Uint8Array {
  return hops.length === 0 ? new Uint8Array(0) : encodeWith(hopsCoder, hops);
}

/** Nothing for the recipient; undefined if the bytes are no hops, or too many to be a rest of a route. */
export function decodeHops(bytes: Uint8Array): readonly Hop[] | undefined {
  if (bytes.length === 0) return [];
  const hops = decodeWith(hopsCoder, bytes);
  return hops === undefined || hops.length === 0 || hops.length >= limits.hopsMax
    ? undefined
    : hops;
}

/** The fee for sending the amount on, in whole units, rounded up. */
export function feeOf({ flat, perMillion }: Fee, amount: bigint): bigint {
  return flat + (amount * BigInt(perMillion) + 999_999n) / 1_000_000n;
}

/** Why a relay does not pass a lock on. */
export const forwardRefusals = {
  'route-malformed': 'the lock does not say where it goes',
  'route-fee': 'less than the fee would stay here',
} as const;

export type ForwardRefusal = keyof typeof forwardRefusals;

/** Where a lock goes from here, or why it does not: what stays must be the fee for the next edge. */
export function onwards(
  amount: bigint,
  route: Uint8Array,
  feeTo: (device: Uint8Array) => Fee,
): { readonly next: Hop; readonly route: Uint8Array } | ForwardRefusal {
  const hops = decodeHops(route);
  const next = hops?.[0];
  if (hops === undefined || next === undefined) return 'route-malformed';
  const fee = feeOf(feeTo(next.device), next.amount);
  if (next.amount === 0n || next.amount + fee > amount) return 'route-fee';
  return { next, route: encodeHops(hops.slice(1)) };
}

/** An edge as somebody has told it: a hint, which nobody has to keep to. */
export interface EdgeHint {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly token: Uint8Array;
  /** What `from` could send over it. */
  readonly capacity: bigint;
  readonly fee: Fee;
}

export const edgeHintCoder: Coder<EdgeHint> = struct<EdgeHint>({
  from: bytes32,
  to: bytes32,
  token: bytes32,
  capacity: u128,
  fee: feeCoder,
});

/** What is wanted of a path: from whom, to whom, how much must arrive. */
export interface PathWish {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly amount: bigint;
}

interface Found {
  /** What the device must be sent so that the amount arrives. */
  readonly needed: bigint;
  readonly hops: readonly Hop[];
}

/**
 * The cheapest path of at most `hopsMax` hops over the edges, of two equals the shorter one: the
 * payer's first hop, the recipient last. It grows from the recipient backwards, because a relay's
 * fee depends on what it sends on.
 */
export function findPath(
  edges: readonly Omit<EdgeHint, 'token'>[],
  { from, to, amount }: PathWish,
): readonly Hop[] | undefined {
  let best: Found | undefined;
  let reached = new Map([[keyOf(to), { needed: amount, hops: [] as readonly Hop[] }]]);
  for (let length = 1; length <= limits.hopsMax; length++) {
    const next = new Map<string, Found>();
    for (const edge of edges) {
      const behind = reached.get(keyOf(edge.to));
      const found = behind === undefined ? undefined : extended(edge, behind, from);
      if (found === undefined) continue;
      const name = keyOf(edge.from);
      const known = next.get(name);
      if (known === undefined || found.needed < known.needed) next.set(name, found);
    }
    const whole = next.get(keyOf(from));
    if (whole !== undefined && (best === undefined || whole.needed < best.needed)) best = whole;
    // Nothing goes through the payer.
    next.delete(keyOf(from));
    reached = next;
  }
  return best?.hops;
}

/**
 * The way from the edge's far end, with this edge before it. What must be sent may exceed 128 bits:
 * then no edge before it has the capacity.
 */
function extended(
  { from, to, capacity, fee }: Omit<EdgeHint, 'token'>,
  { needed, hops }: Found,
  payer: Uint8Array,
): Found | undefined {
  if (capacity < needed || equal(from, to)) return undefined;
  if (hops.some(({ device }) => equal(device, from))) return undefined;
  const sent = equal(from, payer) ? needed : needed + feeOf(fee, needed);
  return { needed: sent, hops: [{ device: to, amount: needed }, ...hops] };
}
