/**
 * Paying for room: an offer, the operators' acceptances, and the charges that use them up.
 *
 * Whether an operator was paid is between him and the payer: he accepts when he is satisfied, for
 * example by a total on an edge whose note names the offer.
 */

import {
  charge as chargeObject,
  chargeDigest,
  offerCoder,
  offerDigest,
  subscription,
  acceptanceCoder,
  type Offer,
} from '@dsm/availability';
import { keyDigest, compare, decodeWith, encodeWith, kinds, nodeId } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import { rowKey } from './rows.ts';
import type { StorageActions } from './storage-api.ts';
import { findToken } from './tokens.ts';

export function offering(engine: Engine): Pick<StorageActions, 'offer' | 'subscribe'> {
  return {
    offer: async ({ bytes, until, token, price }) => {
      const { keys, model, registries, entropy } = engine;
      const { suite, network } = model.device;
      const pair = keys.working();
      const offer: Offer = {
        network,
        lineage: registries.lineage,
        suite,
        publicKey: pair.publicKey,
        bytes,
        until,
        token: findToken(model, token).id,
        price,
        nonce: entropy.bytes(32),
      };
      const signature = signAs(pair, kinds.offer, suite, network, offerDigest(offer));
      return subscription.encode({ offer, signature, acceptances: [] });
    },
    subscribe: async (offer, acceptances) => {
      const whole = accepted(offer, acceptances);
      const nodes = engine.registries.newest.nodes.map((_, index) => index);
      const answers = await Promise.all(
        nodes.map((index) => engine.quorum.ask(index, { type: 'subscribe', bytes: whole.bytes })),
      );
      const taken = answers.filter((answer) => answer?.type === 'ok').length;
      if (taken > 0) await keepOffer(engine, whole.offer);
      return taken;
    },
  };
}

function accepted(
  bytes: Uint8Array,
  acceptances: readonly Uint8Array[],
): { readonly offer: Offer; readonly bytes: Uint8Array } {
  const decoded = subscription.decode(bytes);
  if (!decoded.ok) throw new DsmError('usage', 'these bytes are no offer');
  const all = acceptances.map((one) => {
    const acceptance = decodeWith(acceptanceCoder, one);
    if (acceptance === undefined) throw new DsmError('usage', 'these bytes are no acceptance');
    return acceptance;
  });
  const ordered = all.toSorted((a, b) =>
    compare(nodeId(a.suite, a.identityKey), nodeId(b.suite, b.identityKey)),
  );
  const { offer } = decoded.value;
  return { offer, bytes: subscription.encode({ ...decoded.value, acceptances: ordered }) };
}

/** The newest offer that nodes have taken pays for what this wallet puts from now on. */
async function keepOffer({ exclusive, store }: Engine, offer: Offer): Promise<void> {
  const value = encodeWith(offerCoder, offer);
  await exclusive(() => store.commit([{ key: rowKey('offer'), value }]));
}

/** What charges keys to the wallet's offer; undefined while it has none that still holds. */
export async function chargeFor(
  { keys, model, registries, store }: Engine,
  wanted: readonly Uint8Array[],
): Promise<Uint8Array | undefined> {
  const row = await store.get(rowKey('offer'));
  const offer = row === undefined ? undefined : decodeWith(offerCoder, row);
  if (offer === undefined || offer.until < registries.newest.version) return undefined;
  const { suite, network } = model.device;
  const pair = keys.byDigest(keyDigest(offer.suite, offer.publicKey)) ?? keys.working();
  const said = { offer: offerDigest(offer), keys: wanted };
  const signature = signAs(pair, kinds.charge, suite, network, chargeDigest(said));
  return chargeObject.encode({ ...said, suite, publicKey: pair.publicKey, signature });
}
