/**
 * The slots of locks: written by their payees alone, read by everybody.
 *
 * The write is signed for itself, by the key that the escrow names, also if that is of an earlier
 * incarnation. A value that somebody else left without its certificate is completed by whoever
 * finds it.
 */

import {
  equal,
  kinds,
  lockCancel,
  lockHash,
  slotKey,
  slotListRoot,
  statementDigest,
  zero32,
  type Certificate,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import { escrowId, lockPlace, type Escrow } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';

/** The certificate of what was written: the preimage, or that the lock is given up. */
export async function decideLock(
  engine: Engine,
  escrow: Escrow,
  hash: Uint8Array,
  preimage: Uint8Array | undefined,
): Promise<Certificate | undefined> {
  const { suite, network } = engine.model.device;
  const pair = engine.keys.byDigest(escrow.note.key);
  if (pair === undefined) throw new DsmError('integrity', 'the key of an escrow is not here');
  const place = lockPlace(escrow, hash);
  const value = preimage ?? lockCancel(escrowId(escrow), hash);
  const root = slotListRoot([{ key: slotKey(place), value }]);
  const statement = statementDigest(zero32, root);
  const signature = signAs(pair, kinds.lock, suite, network, statement);
  const authorisation = {
    suite,
    publicKey: pair.publicKey,
    body: zero32,
    path: [],
    signature,
    backing: undefined,
  };
  const outcome = await engine.quorum.writeSlot({
    place,
    value,
    authorisation,
    hint: undefined,
    certificate: undefined,
  });
  if (outcome.type === 'certified') return outcome.certificate;
  return outcome.type === 'conflict' ? outcome.certificate : undefined;
}

/** What the nodes hold of a lock: a preimage may be used as soon as it is seen at all. */
export interface LockReading {
  readonly preimage: Uint8Array | undefined;
  readonly certificate: Certificate | undefined;
}

export async function readLock(
  { quorum }: Pick<Engine, 'quorum'>,
  escrow: Pick<Escrow, 'note'>,
  hash: Uint8Array,
): Promise<LockReading | undefined> {
  const place = lockPlace(escrow, hash);
  const reading = await quorum.readSlot(place);
  if (reading.type !== 'voted') return undefined;
  const { values } = reading;
  const preimage = values.find(({ value }) => equal(lockHash(value), hash))?.value;
  const certificate = reading.certificate ?? (await completed({ quorum }, place, values));
  return { preimage, certificate };
}

async function completed(
  { quorum }: Pick<Engine, 'quorum'>,
  place: SlotPlace,
  values: readonly Pick<SlotWrite, 'value' | 'authorisation'>[],
): Promise<Certificate | undefined> {
  for (const { value, authorisation } of values) {
    const outcome = await quorum.writeSlot({
      place,
      value,
      authorisation,
      hint: undefined,
      certificate: undefined,
    });
    if (outcome.type === 'certified') return outcome.certificate;
  }
  return undefined;
}

/** The certificates that locks were opened with these preimages, or undefined if one is missing. */
export async function openedWith(
  engine: Pick<Engine, 'quorum'>,
  escrow: Pick<Escrow, 'note'>,
  preimages: readonly Uint8Array[],
): Promise<readonly Certificate[] | undefined> {
  const opened: Certificate[] = [];
  for (const preimage of preimages) {
    const reading = await readLock(engine, escrow, lockHash(preimage));
    const { certificate } = reading ?? {};
    if (certificate === undefined || !equal(certificate.value, preimage)) return undefined;
    opened.push(certificate);
  }
  return opened;
}
