/**
 * Learning: device trees as the nodes have them, walked slot by slot from the genesis, or from the last
 * update that was walked to.
 *
 * What is walked is stronger than what is shown: every update stands in the slot of the authority
 * that was in force. So it replaces a pin that was only shown and that does not agree with it.
 */

import {
  checkCertified,
  genesis as genesisObject,
  genesisId,
  genesisPlace,
  judgePin,
  treePlace,
  treeUpdate,
  updateDigest,
  type CertifiedUpdate,
  type SignedUpdate,
  type TreeHead,
} from '@dsm/identity';
import { equal, keyOf, type Certificate, type SlotPlace, type SlotValue } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { draft } from './model.ts';
import { tellNotice } from './tree-notices.ts';
import { putTree } from './tree-keeping.ts';
import {
  extended,
  headOf,
  newTree,
  noticed,
  pinOf,
  type TreeNotice,
  type TreeRow,
} from './tree-rows.ts';

/** What a walk has come to. */
interface Walked {
  readonly row: TreeRow;
  /** False if too few nodes answered. */
  readonly online: boolean;
  /** True if the nodes showed that nothing comes next. */
  readonly ended: boolean;
}

/** The trees of all identities that contacts' cards name. False if nodes were missing. */
export async function learnTrees(engine: Engine): Promise<boolean> {
  const { named } = engine.model;
  const all = new Map([...named.values()].flatMap((of) => [...of]));
  let online = true;
  for (const identity of all.values()) {
    const walked = await learnTree(engine, identity);
    online &&= walked?.online !== false;
  }
  return online;
}

/** Walk one tree to its end and keep what was learned. Undefined if nobody hands out its genesis. */
export async function learnTree(engine: Engine, identity: Uint8Array): Promise<Walked | undefined> {
  const known = engine.model.trees.get(keyOf(identity)) ?? (await fetchTree(engine, identity));
  if (known === undefined) return undefined;
  const start = known.whole === 1 ? known : newTree(known.genesis);
  const walked = await walk(engine, start, pinOf(known)?.newest);
  const row = await engine.exclusive(() => keepWalked(engine, walked.row));
  return { ...walked, row };
}

async function fetchTree(
  { quorum, model }: Engine,
  identity: Uint8Array,
): Promise<TreeRow | undefined> {
  const bytes = await quorum.fetch(identity);
  const decoded = bytes === undefined ? undefined : genesisObject.decode(bytes);
  if (decoded?.ok !== true || !equal(genesisId(decoded.value), identity)) return undefined;
  return equal(decoded.value.network, model.device.network) ? newTree(decoded.value) : undefined;
}

async function walk(
  engine: Engine,
  start: TreeRow,
  shown: { readonly seq: number; readonly digest: Uint8Array } | undefined,
): Promise<Walked> {
  let row = start;
  for (;;) {
    const head = headOf(row);
    const place = treePlace(head.genesis, head.seq + 1, head.authority);
    const reading = await engine.quorum.readSlot(place);
    if (reading.type === 'undecided') return { row, online: false, ended: false };
    if (reading.type === 'free') return { row, online: true, ended: true };
    row = await withNotice(engine, row, head, reading.values);
    const next = await nextUpdate(engine, head, place, reading.values, reading.certificate);
    if (next === undefined) return { row, online: true, ended: false };
    row = extended(row, next);
    if (shown?.seq === head.seq + 1 && !equal(shown.digest, updateDigest(next.signed.update))) {
      const second = updateDigest(next.signed.update);
      row = noticed(row, noticeAt(engine, shown.seq, shown.digest, second));
    }
  }
}

function noticeAt(
  { clock }: Engine,
  seq: number,
  first: Uint8Array,
  second: Uint8Array,
): TreeNotice {
  return { seq, first, second, seenAt: clock.now() };
}

/** The certified update of a slot; votes that lack are asked for with what the slot shows. */
async function nextUpdate(
  engine: Engine,
  head: TreeHead,
  place: SlotPlace,
  values: readonly SlotValue[],
  certificate: Certificate | undefined,
): Promise<CertifiedUpdate | undefined> {
  const votes = certificate ?? (await completed(engine, place, values));
  if (votes === undefined) return undefined;
  const hints = values.filter(({ value }) => equal(value, votes.value)).flatMap((one) => one.hints);
  const signed = await fetchUpdate(engine, hints, votes.value);
  if (signed === undefined) return undefined;
  const checked = checkCertified(head, signed, votes, engine.registries);
  return checked.ok ? { signed, certificate: votes } : undefined;
}

async function completed(
  { quorum }: Engine,
  place: SlotPlace,
  values: readonly SlotValue[],
): Promise<Certificate | undefined> {
  const [first] = values;
  if (first === undefined) return undefined;
  const { value, authorisation, hints } = first;
  const [hint] = hints;
  const write = { place, value, authorisation, hint, certificate: undefined };
  const outcome = await quorum.writeSlot(write);
  return outcome.type === 'undecided' ? undefined : outcome.certificate;
}

/** Hints are not signed, so all are tried. */
async function fetchUpdate(
  { quorum }: Engine,
  hints: readonly Uint8Array[],
  value: Uint8Array,
): Promise<SignedUpdate | undefined> {
  for (const hint of hints) {
    const bytes = await quorum.fetch(hint);
    const decoded = bytes === undefined ? undefined : treeUpdate.decode(bytes);
    if (decoded?.ok === true && equal(updateDigest(decoded.value.update), value)) {
      return decoded.value;
    }
  }
  return undefined;
}

/** Every value of a slot is signed by its writer, or the answer was not believed. */
async function withNotice(
  engine: Engine,
  row: TreeRow,
  { seq }: TreeHead,
  values: readonly SlotValue[],
): Promise<TreeRow> {
  const [first, second] = values;
  if (first === undefined || second === undefined) return row;
  return noticed(row, noticeAt(engine, seq + 1, first.value, second.value));
}

/** Meanwhile something may have been shown or signed here: the row of now decides. */
async function keepWalked(engine: Engine, walked: TreeRow): Promise<TreeRow> {
  const { model } = engine;
  const id = keyOf(genesisId(walked.genesis));
  const known = model.trees.get(id);
  const next = known === undefined ? walked : merged(engine, known, walked);
  if (next === known || (known === undefined && walked.newest === undefined)) return next;
  const to = draft();
  putTree(to, model, next);
  await engine.commit(to);
  tellNotice(engine, known ?? newTree(walked.genesis), next);
  return next;
}

function merged(engine: Engine, known: TreeRow, walked: TreeRow): TreeRow {
  const notices = walked.notices.reduce(noticed, known);
  const found = pinOf(walked);
  if (found === undefined) return notices;
  const { rotations, newest, devices } = walked;
  const taken: TreeRow = { ...notices, rotations, newest, devices, whole: 1 };
  switch (judgePin(pinOf(known), found)) {
    case 'first':
    case 'newer':
      return taken;
    case 'same':
      return known.whole === 1 ? notices : taken;
    case 'older':
      return notices;
    case 'beside': {
      if (known.whole === 1) return notices;
      const shown = pinOf(known)!.newest;
      return noticed(taken, noticeAt(engine, shown.seq, shown.digest, found.newest.digest));
    }
  }
}

/**
 * The identity that the first authority has said is its own, if it has; else the one that the own card
 * names. Words alone do not tell whether others gave entropy for them.
 */
export async function declaredGenesis({ quorum, model }: Engine): Promise<Uint8Array | undefined> {
  const named = model.card.body.genesis;
  const row = named === undefined ? undefined : model.trees.get(keyOf(named));
  if (row === undefined) return named;
  const reading = await quorum.readSlot(genesisPlace(row.genesis.suite, row.genesis.authority));
  return (reading.type === 'voted' ? reading.certificate?.value : undefined) ?? named;
}
