/** Syncing: one round with the nodes. Fetch what came, send what waits, certify what is missing. */

import { equal, keyOf } from '@dsm/primitive';
import type { SyncReport } from './api.ts';
import { statusIn } from './belonging.ts';
import { certifyAll } from './certify.ts';
import { escrowsOf } from './edge-value.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { learnOpenExits } from './exits.ts';
import { end, laterIncarnation } from './fencing.ts';
import { takeHeld } from './held-runs.ts';
import { checkNotOver, mayNotAct } from './phase.ts';
import { sweep } from './sweeping.ts';
import { collectAll } from './collecting.ts';
import { readInbox } from './inbox.ts';
import { sayIntroductions } from './introducing.ts';
import { destroyFormer } from './former-secrets.ts';
import { followNotices } from './issuer-chain.ts';
import { partsFor } from './lineage.ts';
import { keepListed } from './listing.ts';
import { deliverRun, fetchLineage, receiveFrom } from './online.ts';
import { emitFinality } from './payments.ts';
import { sayRecalls } from './earlier.ts';
import { reincarnate } from './restore.ts';
import { announceKeys } from './rotation.ts';
import { liveSession, type Runtime } from './runtime.ts';
import { learnKeys, learnSuccession } from './succession.ts';
import { signOpenRuns } from './trading.ts';
import { learnTree } from './tree-learning.ts';
import { syncTrees } from './tree-signing.ts';

export async function sync(runtime: Runtime): Promise<SyncReport> {
  const { engine } = runtime;
  const { model } = engine;
  await engine.quorum.follow();
  checkNotOver(model.row);
  if (model.row.phase === 1) {
    await reincarnate(engine, runtime.keysOf);
    runtime.renewKeys();
  } else {
    await checkNewest(runtime);
  }
  const known = await checkAlive(runtime);
  await engine.exclusive(() => signOpenRuns(engine));
  await announceKeys(engine);
  const held = await takeHeld(engine);
  const met = await receiveAll(engine, new Set([keyOf(model.own)]));
  const introduced = await readInbox(
    engine,
    (device) => liveSession(runtime, device) !== undefined,
  );
  const fresh = await receiveAll(engine, met.heard);
  const received = held + met.received + fresh.received;
  let online = known && met.online && fresh.online;
  // What a device delivered before its tree took it out comes first, as before a succession.
  online = (await syncTrees(engine)) && online;
  await fetchLineage(engine);
  const certified = await certifyAll(engine);
  emitFinality(engine, certified.changed);
  await sweep(runtime);
  online = (await learnOpenExits(engine)) && online;
  await followNotices(engine);
  online = (await runtime.router.sync()) && online;
  await collectAll(engine);
  online = (await listed(engine)) && (await sayIntroductions(engine)) && online;
  await sayRecalls(engine);
  const delivered = await deliverOpen(runtime);
  await shareCertificates(runtime);
  await destroyFormer(runtime);
  return {
    received,
    introduced,
    delivered,
    certified: certified.certified,
    conflicted: certified.conflicted,
    online: online && certified.undecided === 0,
  };
}

/** The nodes may know a later incarnation of this device: then it is over, and its talks with it. */
async function checkNewest(runtime: Runtime): Promise<void> {
  const { engine } = runtime;
  const proof = await laterIncarnation(engine);
  if (proof === undefined) return;
  await end(engine, 2, proof);
  await runtime.stop('superseded');
  throw mayNotAct('superseded');
}

/** Its owner's tree may have taken this device out: then it is over. False if nodes were missing. */
async function checkAlive(runtime: Runtime): Promise<boolean> {
  const { engine } = runtime;
  const { card, device } = engine.model;
  const { genesis } = card.body;
  if (genesis === undefined) return true;
  const learned = await learnTree(engine, genesis);
  const status = statusIn(engine.model, genesis, device.id);
  if (status === undefined || status.type === 'alive') return learned?.online !== false;
  await end(engine, 3);
  await runtime.stop('retired');
  throw mayNotAct('retired');
}

/** What waits for this device on every relationship but those that were heard. */
async function receiveAll(
  engine: Engine,
  heard: Set<string>,
): Promise<{ readonly received: number; readonly online: boolean; readonly heard: Set<string> }> {
  let [received, online] = [0, true];
  for (const { key, peer } of engine.model.relationships.values()) {
    if (heard.has(keyOf(key))) continue;
    heard.add(keyOf(key));
    await learnKeys(engine, peer.device);
    // What the former incarnation delivered comes first: afterwards its lane is not read any more.
    let from = await receiveFrom(engine, key);
    received += from.received;
    while (from.drained && (await learnSuccession(engine, peer.device))) {
      await learnKeys(engine, peer.device);
      from = await receiveFrom(engine, key);
      received += from.received;
    }
    online &&= from.online;
  }
  return { received, online, heard };
}

/** What this wallet is found by is kept up at the nodes. */
async function listed(engine: Engine): Promise<boolean> {
  try {
    await keepListed(engine);
    return true;
  } catch (error) {
    if (!(error instanceof DsmError)) throw error;
    // A topic that strangers have filled is no lack of nodes: the next round tries again.
    return error.code === 'refused';
  }
}

/** Runs that the peer has not acknowledged go to the nodes, oldest first: none may be skipped. */
async function deliverOpen({ engine }: Runtime): Promise<number> {
  const { model } = engine;
  let delivered = 0;
  for (const [relationship, runs] of model.open) {
    if (relationship === keyOf(model.own)) continue;
    for (const at of runs) {
      if (at.row.delivered === 1) continue;
      if (!isPaid(engine, at.row.head)) break;
      const on = model.relationships.get(relationship)!;
      if (!(await deliverRun(engine, on, at))) break;
      delivered += 1;
    }
  }
  return delivered;
}

/** A run whose spends the nodes refuse is not delivered: it would pay nobody. */
function isPaid({ model }: Runtime['engine'], head: Uint8Array): boolean {
  const origin = model.origins.get(keyOf(head));
  const row = model.payments.find((payment) => equal(payment.head, head));
  return origin === undefined || row?.finality !== 4;
}

/** Whoever is connected gets the certificates of what passed between the two. */
async function shareCertificates(runtime: Runtime): Promise<void> {
  const { engine } = runtime;
  for (const { device } of engine.model.contacts.values()) {
    const session = liveSession(runtime, device);
    if (session === undefined) continue;
    const heads = [...paidHeads(engine, device), ...edgeHeads(engine, device)].filter(
      (head) => !session.pushed.has(keyOf(head)),
    );
    for (const head of heads) session.pushed.add(keyOf(head));
    if (heads.length > 0) await session.push((await partsFor(engine, { heads, tokens: [] })).parts);
  }
}

/** The newest of what may have a certificate that the other side lacks. */
const sharedMax = 16;

function paidHeads({ model }: Runtime['engine'], device: Uint8Array): Uint8Array[] {
  return model.payments
    .filter((row) => equal(row.peer, device) && row.finality === 3 && row.over === undefined)
    .slice(-sharedMax)
    .map((row) => row.head);
}

/** What funded the escrows between the two, and how they were left. */
function edgeHeads({ model }: Runtime['engine'], device: Uint8Array): Uint8Array[] {
  const { relationship } = model.contacts.get(keyOf(device))!;
  return escrowsOf(model, relationship!)
    .slice(-sharedMax)
    .flatMap(({ escrow, exit }) => [escrow.note.source, ...(exit === undefined ? [] : [exit])])
    .filter((head) => model.origins.get(keyOf(head))?.certified === true);
}
