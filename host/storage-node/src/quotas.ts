/**
 * Who may use room on this node: everybody on a network that is free, else whoever has paid.
 *
 * A subscription is shown once and kept. A charge names what may be put on its quota and is
 * remembered until the put comes, in memory: it may be sent again at any time. What a quota has used
 * is committed together with what uses it.
 */

import {
  charge as chargeObject,
  chargedTo,
  checkSubscription,
  offerDigest,
  subscription as subscriptionObject,
  subscriptionRefusals,
} from '@dsm/availability';
import { NodeError, type Engine, type EngineWrite } from '@dsm/ports';
import {
  bytes32,
  encodeWith,
  equal,
  isZero,
  keyDigest,
  keyOf,
  nodeId,
  nodeIndex,
  reader,
  struct,
  u32,
  u64,
  type Registries,
} from '@dsm/primitive';
import { translated } from './room.ts';
import { shelves } from './rows.ts';

export interface Quotas {
  /** Keeps a subscription. */
  readonly subscribe: (bytes: Uint8Array) => Promise<void>;
  /** Remembers what may be put on a quota. */
  readonly allow: (bytes: Uint8Array) => void;
  /** Counts a new record; what is to be committed with it. Throws `unpaid`. */
  readonly charge: (key: Uint8Array, size: number) => readonly EngineWrite[];
}

export const quotaRefusals = {
  subscription: 'the bytes are no subscription',
  charge: 'the bytes are no charge that the payer of a known offer has signed',
} as const;

interface Quota {
  readonly payer: Uint8Array;
  readonly bytes: number;
  readonly until: number;
  readonly used: number;
}

const quotaCoder = struct<Quota>({ payer: bytes32, bytes: u64, until: u32, used: u64 });

/** Keys that are remembered between a charge and the put. */
const allowedMax = 65_536;

export const freeOfCharge: Quotas = {
  subscribe: async () => {},
  allow: () => {},
  charge: () => [],
};

export interface QuotaParts {
  readonly engine: Engine;
  readonly registries: () => Registries | undefined;
  readonly network: Uint8Array;
  readonly node: Uint8Array;
}

export async function paidQuotas(parts: QuotaParts): Promise<Quotas> {
  const { engine, registries, network, node } = parts;
  const quotas = await loaded(engine);
  const allowed = new Map<string, Uint8Array>();
  return {
    subscribe: async (bytes) => {
      const decoded = subscriptionObject.decode(bytes);
      const known = registries();
      if (!decoded.ok || known === undefined) throw refused(quotaRefusals.subscription);
      const refusal = checkSubscription(decoded.value, known.newest, known.lineage, node);
      if (refusal !== undefined) throw refused(subscriptionRefusals[refusal]);
      const { offer } = decoded.value;
      const key = offerDigest(offer);
      if (quotas.has(keyOf(key))) return;
      const payer = keyDigest(offer.suite, offer.publicKey);
      const quota = { payer, bytes: offer.bytes, until: offer.until, used: 0 };
      quotas.set(keyOf(key), quota);
      await translated(engine.commit([quotaWrite(key, quota)]));
    },
    allow: (bytes) => {
      const decoded = chargeObject.decode(bytes);
      const payer = decoded.ok ? chargedTo(decoded.value, network) : undefined;
      if (!decoded.ok || payer === undefined) throw refused(quotaRefusals.charge);
      const { offer, keys, suite, publicKey } = decoded.value;
      const quota = quotas.get(keyOf(offer));
      const isRepair = isZero(offer) && isRegistered(registries(), nodeId(suite, publicKey));
      if (!isRepair && (quota === undefined || !equal(quota.payer, payer))) {
        throw refused(quotaRefusals.charge);
      }
      if (allowed.size + keys.length > allowedMax) allowed.clear();
      for (const key of keys) allowed.set(keyOf(key), offer);
    },
    charge: (key, size) => {
      const offer = allowed.get(keyOf(key));
      if (offer === undefined) throw unpaid();
      if (isZero(offer)) return [];
      const quota = quotas.get(keyOf(offer));
      const version = registries()?.newest.version ?? 0;
      const isPaid =
        quota !== undefined && quota.until >= version && quota.used + size <= quota.bytes;
      if (!isPaid) throw unpaid();
      const after = { ...quota, used: quota.used + size };
      quotas.set(keyOf(offer), after);
      allowed.delete(keyOf(key));
      return [quotaWrite(offer, after)];
    },
  };
}

async function loaded(engine: Engine): Promise<Map<string, Quota>> {
  const quotas = new Map<string, Quota>();
  for await (const { key } of engine.entries(shelves.quotas, new Uint8Array(32), 0)) {
    const row = await translated(engine.get(shelves.quotas, key));
    const from = reader(row ?? new Uint8Array(0));
    const quota = quotaCoder.read(from);
    if (from.bad()) throw new NodeError('unreachable', 'a quota in the store cannot be read');
    quotas.set(keyOf(key), quota);
  }
  return quotas;
}

function quotaWrite(key: Uint8Array, quota: Quota): EngineWrite {
  return { shelf: shelves.quotas, key, value: encodeWith(quotaCoder, quota) };
}

function isRegistered(known: Registries | undefined, id: Uint8Array): boolean {
  return known !== undefined && nodeIndex(known.newest, id) >= 0;
}

function unpaid(): NodeError {
  return new NodeError('unpaid', 'no quota that this node has accepted is charged for this');
}

function refused(sentence: string): NodeError {
  return new NodeError('refused', sentence);
}
