/** An issue, a load and a payment out of the purse, as real devices write them, and their parts. */

import assert from 'node:assert/strict';

import {
  entry,
  equal,
  keyOf,
  kinds,
  registryLineage,
  slotKey,
  slotListRoot,
  statementDigest,
  stepBodyDigest,
  type Slot,
  registriesOf,
} from '@dsm/primitive';
import {
  checkPart,
  decodeOperation,
  encodeOperation,
  inputsIn,
  issueHead,
  issuePlace,
  tokenId,
  type Input,
  type Issue,
  type IssuePart,
  type LineageKnown,
  type LineageVerdict,
  type Movement,
  type Note,
  type Origin,
  type Policy,
  type SpendPart,
} from '@dsm/protocols';
import {
  authorisationOf,
  certificateOf,
  named,
  network,
  nodesOf,
  signAs,
  type Actor,
  type Nodes,
} from '@dsm/primitive/fixture';
import {
  collected,
  inInputOrder,
  inputOf,
  introduced,
  issueOf,
  openDurable,
  outputTo,
  payment,
  person,
  policyOf,
  sent,
  type Durable,
  type Person,
  type Sent,
} from './fixture.ts';

export const ada: Person = person('ada');
export const bob: Person = person('bob');
export const nodes: Nodes = nodesOf(1);
export const gold: Policy = policyOf(ada, { registry: registryLineage(nodes.registry) });
export const token: Uint8Array = tokenId(gold);
/** A token whose certificates are those of other nodes. */
export const silver: Policy = policyOf(ada, { ticker: 'SLV', registry: named('another registry') });

export const first: Issue = issueOf(ada, gold, [60n, 40n]);
export const second: Issue = issueOf(ada, gold, [50n], first);

export const minted: Sent = ((): Sent => {
  return sent(ada, openDurable(ada), ada, [collected(ada, first)], [gold]);
})();

export const loadOperation: Movement & { readonly type: 'load' } = ((): Movement & {
  readonly type: 'load';
} => {
  const inputs = inInputOrder([...minted.durable.notes.values()]).map((note) => inputOf(ada, note));
  const bounds = { depth: 1, receipts: 3 };
  const coin = (amount: bigint): ReturnType<typeof outputTo> =>
    outputTo(ada, amount, { ...bounds, kind: 1 });
  const outputs = [coin(64n), coin(32n), outputTo(ada, 4n, bounds)];
  return { type: 'load', token, inputs, outputs, allowed: undefined, memo: '' };
})();
export const loaded: Sent = sent(
  ada,
  minted.durable,
  ada,
  [encodeOperation(loadOperation)],
  [gold],
);
export const ofAda: Durable = introduced(ada, bob, loaded.durable, openDurable(bob))[0];
export const coins: readonly Note[] = [...ofAda.notes.values()].filter(({ kind }) => kind === 1);
export const paid: Sent = sent(ada, ofAda, bob, [payment(ada, bob, coins, 90n)], [gold]);

/** The part of a lineage that a sent run makes. */
export function spendOf(by: Actor, { change }: Sent, certified: boolean): SpendPart {
  const { before, entries, step, slots } = change.run;
  const spends = slots.slice(0, inputsOf(entries[0]!).length);
  const body = stepBodyDigest(step);
  const digest = statementDigest(body, slotListRoot(slots));
  const signature = signAs(by, by.working, kinds.signedStep, digest);
  return {
    before,
    entry: entries[0]!,
    body,
    slots,
    signatures: [{ suite: by.suite, publicKey: by.working.publicKey, signature }],
    certificates: spends.map((slot) => (certified ? certificateOf(nodes, slot) : undefined)),
  };
}

/** The notes that an entry spends; their slots stand first in the list. */
function inputsOf(bytes: Uint8Array): readonly Input[] {
  const decoded = entry.decode(bytes);
  const operation = decoded.ok ? decodeOperation(decoded.value.operation) : 'malformed';
  return typeof operation === 'string' ? [] : inputsIn(operation);
}

export function issuePartOf(
  issue: Issue,
  {
    by = ada,
    certified = true,
    policy = gold,
  }: {
    readonly by?: Person;
    readonly certified?: boolean;
    readonly policy?: Policy;
  } = {},
): IssuePart {
  const place = issuePlace(issue.parent, policy);
  const slots: Slot[] = [{ key: slotKey(place), value: issueHead(issue) }];
  const authorisation = authorisationOf(by.keys, slots, 0, kinds.issue);
  const certificate = certified ? certificateOf(nodes, slots[0]!) : undefined;
  return { issue, authorisation, certificate, spends: [] };
}

export function knownOf(
  origins: readonly Origin[],
  policies: readonly Policy[] = [gold],
): LineageKnown {
  const byHead = new Map(origins.map((origin) => [keyOf(origin.head), origin]));
  return {
    network,
    originOf: (head) => byHead.get(keyOf(head)),
    policyOf: (wanted) => policies.find((each) => equal(tokenId(each), wanted)),
    registries: registriesOf(nodes.registry),
  };
}

export function originOf(verdict: LineageVerdict): Origin {
  assert.equal(verdict.type, 'good', verdict.type === 'bad' ? verdict.refusal : '');
  return (verdict as LineageVerdict & { type: 'good' }).origin;
}

export function withOperation(operation: Uint8Array): SpendPart {
  const decoded = entry.decode(loadPart.entry);
  assert.ok(decoded.ok);
  return { ...loadPart, entry: entry.encode({ ...decoded.value, operation }) };
}

export const firstOrigin: Origin = originOf(checkPart(issuePartOf(first), knownOf([])));
export const loadPart: SpendPart = spendOf(ada.keys, loaded, true);
export const loadOrigin: Origin = originOf(checkPart(loadPart, knownOf([firstOrigin])));
export const paidPart: SpendPart = spendOf(ada.keys, paid, true);
export const known: LineageKnown = knownOf([firstOrigin, loadOrigin]);
