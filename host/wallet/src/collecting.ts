/**
 * Collecting: what an issue, a re-mint or an exit gave to this device enters its map.
 *
 * Nobody but the owner writes its map, so whatever the issuers or a payee made for it waits, certified,
 * until one run of its own lane takes it in. A restored device asks the nodes first: its former
 * incarnation may have collected and spent what this one has forgotten.
 */

import { equal, keyOf, limits } from '@dsm/primitive';
import {
  encodeOperation,
  noteKinds,
  placed,
  spendPlace,
  type Origin,
  type PlacedOutput,
} from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { draft, putCollected } from './model.ts';
import { appendRun } from './online.ts';

/** What one head made for this device. */
export interface Gift {
  readonly token: Uint8Array;
  readonly source: Uint8Array;
  readonly outputs: readonly PlacedOutput[];
}

/**
 * Certified and not in the map yet, of tokens that the owner takes. What comes back of an own escrow
 * needs no adoption: it was the owner's before.
 */
export function collectable({ model, keys }: Engine): Gift[] {
  return [...model.origins.values()].flatMap((origin) => {
    if (!isWaiting(origin)) return [];
    const outputs = placed(origin.outputs).filter(
      ({ owner, key, amount, kind }) =>
        equal(owner, model.device.id) &&
        amount > 0n &&
        kind === noteKinds.online &&
        keys.byDigest(key) !== undefined,
    );
    return outputs.length === 0 ? [] : [{ token: origin.token, source: origin.head, outputs }];
  });

  function isWaiting({ type, certified, head, token, issued }: Origin): boolean {
    if (type === 'spend' || !certified || model.collected.has(keyOf(head))) return false;
    return issued === undefined || model.tokens.get(keyOf(token))?.adopted === 1;
  }
}

/** Collect while a decision is being taken. A restored device waits for its next `collectAll`. */
export async function collectNow(engine: Engine): Promise<number> {
  return engine.model.row.incarnation > 0 || engine.model.row.phase !== 0
    ? 0
    : collect(engine, collectable(engine));
}

/**
 * Collect all that waits. Answers with the number of notes. Before its first sync a restored wallet
 * writes nothing: it would continue the chain of its former incarnation.
 */
export async function collectAll(engine: Engine): Promise<number> {
  if (engine.model.row.phase !== 0) return 0;
  if (engine.model.row.incarnation === 0) {
    return engine.exclusive(() => collect(engine, collectable(engine)));
  }
  const free: Gift[] = [];
  for (const gift of collectable(engine)) {
    const left = await freeOf(engine, gift);
    if (left !== undefined) free.push(left);
  }
  return engine.exclusive(async () => {
    // What the former incarnation has spent is not looked at again.
    const to = draft();
    for (const { source, outputs } of free) {
      if (outputs.length === 0) putCollected(to, engine.model, source);
    }
    await engine.commit(to);
    const fresh = free.filter(
      ({ source, outputs }) => outputs.length > 0 && !engine.model.collected.has(keyOf(source)),
    );
    return collect(engine, fresh);
  });
}

/** What the nodes show to be unspent of a gift; undefined if too few of them answer. */
async function freeOf({ quorum }: Engine, gift: Gift): Promise<Gift | undefined> {
  const outputs: PlacedOutput[] = [];
  for (const output of gift.outputs) {
    const { index, key } = output;
    const reading = await quorum.readSlot(spendPlace({ key, source: gift.source, index }));
    if (reading.type === 'undecided') return undefined;
    if (reading.type === 'free') outputs.push(output);
  }
  return { ...gift, outputs };
}

/** Notes of one run: its step writes a leaf for each, beside the view of the lane. */
const runNotesMax = 100;
const runBytesMax = limits.runBytesMax - 1_024;

async function collect(engine: Engine, gifts: readonly Gift[]): Promise<number> {
  let waiting = gifts.map((gift) => ({
    count: gift.outputs.length,
    operation: encodeOperation({ type: 'collect', ...gift }),
  }));
  let collected = 0;
  while (waiting.length > 0) {
    let [notes, bytes] = [0, 0];
    const run = waiting.filter(({ count, operation }) => {
      notes += count;
      bytes += operation.length + 128;
      return notes <= runNotesMax && bytes <= runBytesMax;
    });
    if (run.length === 0) throw new RangeError('one collect is larger than a run');
    await appendRun(
      engine,
      engine.model.own,
      run.map(({ operation }) => operation),
      false,
    );
    collected += run.reduce((sum, { count }) => sum + count, 0);
    waiting = waiting.filter((one) => !run.includes(one));
  }
  return collected;
}
