/**
 * Signing the own device tree: one update at a time, durable before it leaves, finished by whoever comes
 * next without the words, given up if another update stands in its slot.
 *
 * The authority's key comes from the words and is handed in for one call; nothing here keeps it.
 */

import {
  genesis as genesisObject,
  genesisAuthorisation,
  genesisId,
  genesisPlace,
  genesisStatement,
  treePlace,
  treeUpdate,
  updateAuthorisation,
  updateDigest,
  updateRefusals,
  updateStatement,
  type Authority,
  type Genesis,
  type SignedUpdate,
  type TreeHead,
  type TreeWish,
} from '@dsm/identity';
import {
  address,
  equal,
  keyOf,
  limits,
  signedKinds,
  slotKinds,
  type Certificate,
  type KeyPair,
} from '@dsm/primitive';
import type { AuthorityKeys } from './devices-api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import { draft } from './model.ts';
import { learnTree, learnTrees } from './tree-learning.ts';
import { putTree } from './tree-keeping.ts';
import { extended, headOf, newTree, treeOf, type TreeRow } from './tree-rows.ts';

/** Say it, and see it certified. Throws `offline` with the update kept, `refused` if it cannot be. */
export async function signUpdate(
  engine: Engine,
  genesis: Genesis,
  by: AuthorityKeys,
  wish: TreeWish,
): Promise<TreeRow> {
  await declareGenesis(engine, genesis, by);
  const id = genesisId(genesis);
  await finishOpen(engine, id);
  const learned = await learnTree(engine, id);
  if (learned?.ended !== true) {
    throw new DsmError('offline', 'too few nodes answer to see where the device tree stands');
  }
  await engine.exclusive(() => keepSigned(engine, genesis, by, wish));
  await finishOpen(engine, id);
  return engine.model.trees.get(keyOf(id))!;
}

/** Learn all trees, and go on with an own update that is not certified yet. False if nodes were missing. */
export async function syncTrees(engine: Engine): Promise<boolean> {
  const online = await learnTrees(engine);
  const { genesis } = engine.model.card.body;
  if (genesis === undefined) return online;
  try {
    await finishOpen(engine, genesis);
    return online;
  } catch (error) {
    // That another update stands there is learned by now; whoever wanted this one asks again.
    if (error instanceof DsmError) return online && error.code !== 'offline';
    throw error;
  }
}

/** Sign the next update; it is durable before anybody is told. */
async function keepSigned(
  engine: Engine,
  genesis: Genesis,
  by: AuthorityKeys,
  wish: TreeWish,
): Promise<void> {
  const row = rowOf(engine, genesis);
  if (row.open !== undefined) throw new DsmError('busy', 'another update is under way');
  const head = headOf(row);
  const made = treeOf(row).next(head, wish);
  if (!made.ok) {
    throw new DsmError(
      'refused',
      `the device tree does not allow it: ${updateRefusals[made.refusal]}`,
    );
  }
  const pair = authorityFor(by, head.authority);
  const digest = updateStatement(made.update, head.authority);
  const to = draft();
  putTree(to, engine.model, {
    ...row,
    open: { update: made.update, signature: signed(pair, head, digest) },
  });
  await engine.commit(to);
}

function signed(pair: KeyPair, { authority }: TreeHead, digest: Uint8Array): Uint8Array {
  const { suite, network } = authority;
  return signAs(pair, signedKinds[slotKinds.tree], suite, network, digest);
}

/** Which of the keys that the words lead to is in force. */
export function authorityFor(by: AuthorityKeys, { key }: Authority): KeyPair {
  for (let n = 0; n <= limits.treeRotationsMax; n++) {
    const pair = by.authority(n);
    if (equal(pair.publicKey, key)) return pair;
  }
  throw new DsmError('bad-words', 'these words do not lead to the authority of this identity');
}

function rowOf({ model }: Engine, genesis: Genesis): TreeRow {
  return model.trees.get(keyOf(genesisId(genesis))) ?? newTree(genesis);
}

/**
 * Publish an update that is signed and not certified yet. Nothing is left of it if another one stands
 * in its slot: that one is learned first, and this one may be wished for again.
 */
export async function finishOpen(engine: Engine, id: Uint8Array): Promise<void> {
  const { quorum, model } = engine;
  const row = model.trees.get(keyOf(id));
  if (row?.open === undefined) return;
  const head = headOf(row);
  const { open } = row;
  if (head.seq >= open.update.seq) return settle(engine, id, open, undefined);
  const bytes = treeUpdate.encode(open);
  const { available } = await quorum.publish(bytes);
  if (!available) throw new DsmError('offline', 'too few nodes keep the update: it is kept here');
  const outcome = await quorum.writeSlot({
    place: treePlace(id, open.update.seq, head.authority),
    value: updateDigest(open.update),
    authorisation: updateAuthorisation(open, head.authority),
    hint: address(bytes),
    certificate: undefined,
  });
  if (
    outcome.type === 'undecided' ||
    (outcome.type === 'conflict' && outcome.certificate === undefined)
  ) {
    throw new DsmError('offline', 'too few nodes vote for the update: it is kept here');
  }
  await settle(engine, id, open, outcome.certificate);
  if (outcome.type === 'certified') return;
  await learnTree(engine, id);
  throw new DsmError('refused', 'another update of this identity stands there: look at it first');
}

/** The update is certified, or its number has gone to another one. */
function settle(
  engine: Engine,
  id: Uint8Array,
  open: SignedUpdate,
  certificate: Certificate | undefined,
): Promise<void> {
  const { model } = engine;
  return engine.exclusive(async () => {
    const row = model.trees.get(keyOf(id))!;
    const mine =
      row.open !== undefined && equal(updateDigest(row.open.update), updateDigest(open.update));
    if (!mine) return;
    const without = { ...row, open: undefined };
    const isNext = headOf(row).seq + 1 === open.update.seq;
    const counts = certificate !== undefined && equal(certificate.value, updateDigest(open.update));
    const to = draft();
    putTree(
      to,
      model,
      counts && isNext ? extended(without, { signed: open, certificate }) : without,
    );
    await engine.commit(to);
  });
}

/** The genesis at the nodes, and the slot by which words alone lead to it. */
async function declareGenesis(engine: Engine, genesis: Genesis, by: AuthorityKeys): Promise<void> {
  const { quorum, model } = engine;
  if (rowOf(engine, genesis).declared === 1) return;
  const { network, suite, authority } = genesis;
  const pair = authorityFor(by, { network, suite, key: authority });
  const bytes = genesisObject.encode(genesis);
  const { available } = await quorum.publish(bytes);
  if (!available) throw new DsmError('offline', 'too few nodes keep the genesis: try again');
  const kind = signedKinds[slotKinds.tree];
  const signature = signAs(pair, kind, suite, network, genesisStatement(genesis));
  const outcome = await quorum.writeSlot({
    place: genesisPlace(suite, authority),
    value: genesisId(genesis),
    authorisation: genesisAuthorisation(genesis, signature),
    hint: genesisId(genesis),
    certificate: undefined,
  });
  if (outcome.type === 'conflict') {
    throw new DsmError('refused', 'these words have another genesis at the nodes');
  }
  if (outcome.type === 'undecided') {
    throw new DsmError('offline', 'too few nodes vote for the genesis: try again');
  }
  await engine.exclusive(async () => {
    const to = draft();
    putTree(to, model, { ...rowOf(engine, genesis), declared: 1 });
    await engine.commit(to);
  });
}
