/** Committees: several issuers are one writer, whoever proposes, in whatever order they sign. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryKeystore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { Keystore } from '@dsm/ports';
import { issuePart } from '@dsm/protocols';
import { createWallet, localNetwork, memory, restoreWallet, type Wallet } from '@dsm/wallet';
import { met } from './market.ts';

installNative();

interface Council {
  readonly ann: Wallet;
  readonly ben: Wallet;
  readonly cat: Wallet;
  readonly maya: Wallet;
  readonly id: string;
  readonly network: Awaited<ReturnType<typeof localNetwork>>;
  /** Ben’s. */
  readonly keys: Keystore;
}

/** Ann, Ben and Cat issue together, two of three; Maya takes their token and knows Ann. */
async function council(): Promise<Council> {
  const network = await localNetwork({ nodes: 4 });
  const keys = memoryKeystore();
  const make = (name: string): Promise<Wallet> =>
    createWallet({ name, store: memory(), network, ...(name === 'Ben' && { keystore: keys }) });
  const [ann, ben, cat, maya] = [
    await make('Ann'),
    await make('Ben'),
    await make('Cat'),
    await make('Maya'),
  ];
  const issuers = [await ann.issuerKey(), await ben.issuerKey(), await cat.issuerKey()];
  const { id } = await ann.issue({ ticker: 'EUR', cap: 1_000n, issuers });
  for (const wallet of [ben, cat, maya]) await wallet.adopt(id);
  await met(ann, maya);
  return { ann, ben, cat, maya, id, network, keys };
}

test('every issuer recognises its token, and nobody else', async () => {
  const { ann, ben, cat, maya, id } = await council();
  assert.deepEqual(
    [ann, ben, cat, maya].map((wallet) => wallet.token(id).issuer),
    [true, true, true, false],
  );
  const { threshold, bad, issuers } = await ben.inspect(id);
  assert.deepEqual([threshold, bad, issuers.length], [2, 0, 3]);
  assert.deepEqual(
    issuers.flatMap(({ name }) => name ?? []),
    ['Ben'],
  );
  await assert.rejects(ann.mint(id, 1n), { code: 'refused', message: /propose/ });
  await assert.rejects(maya.proposeIssue(id, 1n), { code: 'refused', message: /no issuer key/ });
});

test('two of three issue for a fourth; order and repeats do not matter, and the chain goes on', async () => {
  const { ann, ben, cat, maya, id } = await council();
  const proposal = await ann.proposeIssue(id, 300n, { to: 'Maya' });
  assert.deepEqual(await ann.proposeIssue(id, 300n, { to: 'Maya' }), proposal, 'again: the same');
  const byBen = await ben.cosign(proposal);
  const byCat = await cat.cosign(proposal);
  assert.deepEqual(await ben.cosign(proposal), byBen);
  await assert.rejects(ann.finishIssue([proposal]), { code: 'refused', message: /1 of 2/ });
  await ann.finishIssue([byCat, proposal, byBen, byBen]);
  await ben.finishIssue([byBen, byCat]);
  await maya.sync();
  assert.equal(await maya.balance(id), 300n);
  // Cat was not there for the end of it, and goes on from it all the same.
  const next = await cat.proposeIssue(id, 50n);
  await cat.finishIssue([next, await ann.cosign(next)]);
  assert.equal(await cat.balance(id), 50n);
  assert.equal((await cat.inspect(id)).issued, 350n);
  await assert.rejects(ann.proposeIssue(id, 651n), { code: 'refused', message: /650 are left/ });
});

test('an issuer signs one issue at a position, also after it was closed and opened', async () => {
  const { ann, ben, cat, id } = await council();
  const one = await ann.proposeIssue(id, 10n);
  const other = await cat.proposeIssue(id, 20n);
  const signed = await ben.cosign(one);
  assert.deepEqual(await ben.openIssue(id), signed);
  const refusal = { code: 'already-signed', message: /another issue at this position/ };
  await assert.rejects(ben.cosign(other), refusal);
  await assert.rejects(ann.cosign(other), refusal);
  await assert.rejects(ann.proposeIssue(id, 11n), refusal);
  await ben.finishIssue([signed]);
  // The position is taken: what the others hold of it is worth nothing any more.
  await assert.rejects(cat.cosign(other), { code: 'refused', message: /last certified issue/ });
  assert.equal(await ben.openIssue(id), undefined);
  const again = await cat.proposeIssue(id, 20n);
  await cat.finishIssue([await ben.cosign(again)]);
  assert.equal(await cat.balance(id), 20n);
});

test('a stranger, a forged signature and a wrong issue are told apart', async () => {
  const { ann, ben, maya, id } = await council();
  const proposal = await ann.proposeIssue(id, 10n);
  const decoded = issuePart.decode(proposal);
  assert.ok(decoded.ok);
  const part = decoded.value;
  const spoilt = part.authorisation.signature.with(7, part.authorisation.signature[7]! ^ 1);
  const forged = issuePart.encode({
    ...part,
    authorisation: { ...part.authorisation, signature: spoilt },
  });
  await assert.rejects(ben.cosign(forged), { code: 'integrity', message: /does not hold/ });
  const changed = issuePart.encode({ ...part, issue: { ...part.issue, amount: 11n } });
  await assert.rejects(ben.cosign(changed), { code: 'integrity', message: /does not hold/ });
  const { id: own } = await maya.issue({ ticker: 'MAY', cap: 5n });
  assert.ok(own.startsWith('tok1'));
  const stranger = part.authorisation.publicKey.with(3, part.authorisation.publicKey[3]! ^ 1);
  const strange = issuePart.encode({
    ...part,
    authorisation: { ...part.authorisation, publicKey: stranger },
  });
  await assert.rejects(ben.cosign(strange), { code: 'refused', message: /no issuer/ });
  await assert.rejects(maya.cosign(proposal), { code: 'refused', message: /no issuer key/ });
  await assert.rejects(ben.cosign(new Uint8Array(9)), { code: 'integrity' });
  await assert.rejects(ben.finishIssue([]), { code: 'usage' });
});

test('a restored issuer signs nothing at the position where it found the chain', async () => {
  const { ann, ben, cat, id, network, keys } = await council();
  const backup = await ben.backup();
  await ben.close();
  const back = await restoreWallet({ backup, store: memory(), network, keystore: keys });
  await back.sync();
  const proposal = await ann.proposeIssue(id, 10n);
  await assert.rejects(back.cosign(proposal), { code: 'already-signed', message: /restored/ });
  await ann.finishIssue([await cat.cosign(proposal)]);
  const next = await cat.proposeIssue(id, 5n);
  await cat.finishIssue([await back.cosign(next)]);
  assert.equal(await cat.balance(id), 5n);
});

test('a committee that cannot be one writer is none', async () => {
  const { ann, ben } = await council();
  const issuers = [await ann.issuerKey(), await ben.issuerKey()];
  const wrong = { ticker: 'BAD', cap: 1n, issuers };
  await assert.rejects(ann.issue({ ...wrong, threshold: 1 }), { code: 'usage' });
  await assert.rejects(ann.issue({ ...wrong, bad: 1 }), { code: 'usage' });
  await assert.rejects(ann.issue({ ...wrong, issuers: ['iss1nobody'] }), { code: 'usage' });
});
