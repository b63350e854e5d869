/**
 * What payers, operators, owners and advertisers sign: each word holds as it was signed, by whom it
 * names, and each bend of it is refused for its own reason.
 */

import assert from 'node:assert/strict';
import {
  acceptanceDigest,
  advertisementDigest,
  advertiser,
  chargeDigest,
  chargedTo,
  checkSubscription,
  offerDigest,
  releaseDigest,
  releasedBy,
  type Offer,
  type Subscription,
} from '@dsm/availability';
import {
  concat,
  keyDigest,
  kinds,
  registryLineage,
  verifyWorking,
  zero32,
  type Kind,
  type SecretKey,
} from '@dsm/primitive';
import { cheapTest, once } from './cheap-signatures.ts';
import { firstOf, idOf, identityOf, network, signAs } from './signers.ts';

const other = new Uint8Array(32).fill(9);
const scene = once(() => {
  const registry = firstOf(4);
  const { publicKey, secretKey } = identityOf(8);
  return { registry, lineage: registryLineage(registry), publicKey, payer: secretKey };
});

interface Paid {
  readonly offer?: Partial<Offer>;
  readonly operators?: readonly number[];
  /** Who signs the offer, and the first acceptance, instead of whoever should. */
  readonly payer?: SecretKey;
  readonly first?: SecretKey;
}

/** An offer that the operators have accepted; whatever is changed is changed before it is signed. */
function paid({ offer: changes, operators = [1, 2, 3], payer, first }: Paid = {}): Subscription {
  const { lineage, publicKey, payer: usual } = scene();
  const offer: Offer = {
    network,
    lineage,
    suite: 1,
    publicKey,
    bytes: 1_000,
    until: 1,
    token: zero32,
    price: 5n,
    nonce: zero32,
    ...changes,
  };
  const digest = offerDigest(offer);
  const acceptances = operators.map((number, i) => {
    const identity = identityOf(number);
    const key = i === 0 && first !== undefined ? first : identity.secretKey;
    const said = acceptanceDigest(digest, idOf(number));
    const signature = signAs(key, kinds.subscription, said);
    return { suite: 1 as const, identityKey: identity.publicKey, signature };
  });
  return { offer, signature: signAs(payer ?? usual, kinds.offer, digest), acceptances };
}

cheapTest(
  'an offer earns room on a node that accepted it with enough others, and only there',
  () => {
    const { registry, lineage } = scene();
    const said = (claim: Subscription, number = 1): string | undefined =>
      checkSubscription(claim, registry, lineage, idOf(number));
    assert.equal(said(paid()), undefined);
    assert.equal(said(paid({ offer: { until: 2 } })), undefined);
    const bends: readonly (readonly [string, Subscription])[] = [
      ['network', paid({ offer: { network: other } })],
      ['network', paid({ offer: { lineage: other } })],
      ['ended', paid({ offer: { until: 0 } })],
      ['operators', paid({ operators: [1, 2] })],
      ['operators', paid({ operators: [1, 2, 7] })],
      ['payer', paid({ payer: identityOf(7).secretKey })],
      ['acceptance', paid({ first: identityOf(7).secretKey })],
    ];
    for (const [refusal, claim] of bends) assert.equal(said(claim), refusal);
    assert.equal(said(paid(), 4), 'here');
  },
);

/** Words of one signer: what is signed, as which kind, and who is found behind a signature. */
const words: Readonly<
  Record<string, readonly [Kind, () => Uint8Array, (signature: Uint8Array) => unknown]>
> = {
  charge: [
    kinds.charge,
    (): Uint8Array => chargeDigest({ offer: zero32, keys: [other] }),
    (signature): unknown =>
      chargedTo({ offer: zero32, keys: [other], signature, ...signer() }, network),
  ],
  release: [
    kinds.release,
    (): Uint8Array => releaseDigest(network, other),
    (signature): unknown => releasedBy({ address: other, signature, ...signer() }, network),
  ],
  advertisement: [
    kinds.advertisement,
    (): Uint8Array => advertisementDigest(network, advertised),
    (signature): unknown => advertiser({ ...advertised, signature, ...signer() }, network),
  ],
};
const advertised = { topic: zero32, sequence: 1, until: 2, body: other };

function signer(): { readonly suite: 1; readonly publicKey: Uint8Array } {
  return { suite: 1, publicKey: scene().publicKey };
}

for (const [name, [kind, digest, behind]] of Object.entries(words)) {
  cheapTest(`${name}: behind it is whoever has signed it, and nobody behind a forged one`, () => {
    const { payer, publicKey } = scene();
    assert.deepEqual(behind(signAs(payer, kind, digest())), keyDigest(1, publicKey));
    assert.equal(behind(signAs(identityOf(7).secretKey, kind, digest())), undefined);
    assert.equal(behind(signAs(payer, kind, other)), undefined);
  });
}

cheapTest('a key or a signature of another length is none, whatever the bytes in front say', () => {
  const { payer, publicKey } = scene();
  const signature = signAs(payer, kinds.offer, other);
  const one = Uint8Array.of(0);
  const holds = (key: Uint8Array, bytes: Uint8Array): boolean =>
    verifyWorking(kinds.offer, 1, network, key, other, bytes);
  assert.equal(holds(publicKey, signature), true);
  assert.equal(holds(concat(publicKey, one), signature), false);
  assert.equal(holds(publicKey, concat(signature, one)), false);
});
