/**
 * Sending capsules: the object to its nodes, then its slot, then the next one.
 *
 *     place   kind 9, writer = capsule key, position = H_position( DevID ‖ incarnation ‖ counter )
 *     value   address of the capsule
 *
 * A capsule is sealed and kept before it is sent, so this device never has two for one counter. A
 * slot that shows another one was filled by somebody who has the same keys: a copy of the device. Then
 * nothing more is sent, and the owner is told.
 */

import { objectClasses, withoutEnd } from '@dsm/availability';
import { capsulePosition, capsuleState, type CapsuleState } from '@dsm/identity';
import {
  address,
  keyDigest,
  kinds,
  slotKey,
  slotKinds,
  slotListRoot,
  statementDigest,
  zero32,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import { makeCapsules } from './capsule-making.ts';
import {
  numberIn,
  pendingKey,
  pendingPrefix,
  stateIn,
  stateKey,
  journalPrefix,
} from './capsule-rows.ts';
import type { CapsuleStatus } from './capsules-api.ts';
import type { Engine } from './engine.ts';
import { signAs } from './keys.ts';

/** Where the slot of a capsule of this device’s incarnation is. */
function placeOf({ model, keys }: Engine, counter: number): SlotPlace {
  const { id, suite, incarnation } = model.device;
  return {
    kind: slotKinds.capsule,
    writer: keyDigest(suite, keys.capsule().publicKey),
    position: capsulePosition(id, incarnation, counter),
  };
}

function slotWriteOf(engine: Engine, counter: number, value: Uint8Array): SlotWrite {
  const { suite, network } = engine.model.device;
  const place = placeOf(engine, counter);
  const pair = engine.keys.capsule();
  const root = slotListRoot([{ key: slotKey(place), value }]);
  const signature = signAs(pair, kinds.capsule, suite, network, statementDigest(zero32, root));
  const { publicKey } = pair;
  return {
    place,
    value,
    authorisation: { suite, publicKey, body: zero32, path: [], signature, backing: undefined },
    hint: value,
    certificate: undefined,
  };
}

/** Nobody may release a capsule: who steals the device would take its recovery data away as well. */
const lasting = { class: objectClasses.transition, until: withoutEnd, owner: undefined };

export type Sent = 'done' | 'offline' | 'copied';

/**
 * Make what is missing and send what waits, one after the other, until nothing is left, too few
 * nodes answer, or a copy is noticed.
 */
export async function sendCapsules(engine: Engine, signal?: AbortSignal): Promise<Sent> {
  for (;;) {
    const { next, isCopied } = await waitingIn(engine);
    if (isCopied) return 'copied';
    if (next === undefined) {
      if ((await sealCapsules(engine)) === 0) return 'done';
      continue;
    }
    const outcome = await sendOne(engine, numberIn(next[0]), next[1], signal);
    if (outcome !== 'done') return outcome;
  }
}

/** Seals what has changed; answers how many capsules that made. */
export async function sealCapsules(engine: Engine): Promise<number> {
  const { journal } = engine;
  return journal.still(async (store) => {
    const made = await makeCapsules(engine, store);
    if (made > 0) journal.begin();
    return made;
  });
}

/** The first capsule of this incarnation that waits. */
async function waitingIn({ journal, model }: Engine): Promise<{
  readonly next: readonly [Uint8Array, Uint8Array] | undefined;
  readonly isCopied: boolean;
}> {
  return journal.still(async (store) => {
    const state = await stateIn(store);
    if (state?.incarnation !== model.row.incarnation) return { next: undefined, isCopied: false };
    const [next] = await store.scan(pendingPrefix);
    return { next, isCopied: state.copied === 1 };
  });
}

async function sendOne(
  engine: Engine,
  counter: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Sent> {
  const { quorum } = engine;
  // Signed before anything is waited for: afterwards another incarnation may have begun.
  const write = slotWriteOf(engine, counter, address(bytes));
  const { available } = await quorum.publish(bytes, signal, lasting);
  if (!available) return 'offline';
  const outcome = await quorum.writeSlot(write, signal);
  if (outcome.type === 'undecided') return 'offline';
  const isCertified = outcome.type === 'certified';
  await changeState(engine, counter, (state) =>
    isCertified ? { ...state, certified: counter + 1 } : { ...state, copied: 1 },
  );
  if (isCertified) return 'done';
  engine.emit('copied', await capsuleStatus(engine));
  return 'copied';
}

/** In one commit with the end of what waited; nothing if another incarnation has begun meanwhile. */
async function changeState(
  { journal, model }: Engine,
  counter: number,
  change: (state: CapsuleState) => CapsuleState,
): Promise<void> {
  await journal.still(async (store) => {
    const state = await stateIn(store);
    if (state?.incarnation !== model.row.incarnation) return;
    await store.commit([
      { key: stateKey, value: capsuleState.encode(change(state)) },
      { key: pendingKey(counter), value: undefined },
    ]);
  });
}

export async function capsuleStatus({ journal, model }: Engine): Promise<CapsuleStatus> {
  return journal.still(async (store) => {
    const state = await stateIn(store);
    const changed = await store.scan(journalPrefix);
    const waiting = await store.scan(pendingPrefix);
    const isCurrent = state?.incarnation === model.row.incarnation;
    const isSent = isCurrent && state.base !== undefined && waiting.length === 0;
    return {
      incarnation: model.row.incarnation,
      certified: isCurrent ? state.certified : 0,
      waiting: waiting.length,
      complete: isSent && state.round === undefined && changed.length === 0,
      bytes: isCurrent ? state.baseBytes + state.logBytes : 0,
      copied: state?.copied === 1,
    };
  });
}
