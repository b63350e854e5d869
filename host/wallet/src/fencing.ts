/**
 * Fencing: a device notices at its sync that it is not the one that counts any more.
 *
 * Whoever has the root key opened a later incarnation: the owner on another device, or a thief of the
 * words. A certificate of that slot says so, and nothing less: some votes alone may be a restore that
 * never came to an end, or one faulty node. From then on nothing is signed here. The certificate is
 * kept, because the owner may want to see it.
 */

import { certificate, incarnationPlace, type Certificate } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { decodeRow, draft, putWallet, type Draft } from './model.ts';
import type { PhaseNumber } from './phase-numbers.ts';
import { rowKey } from './rows.ts';
import { incarnationsAhead } from './succession.ts';

/** The certificate of a later incarnation of this device, if the nodes hold one. */
export async function laterIncarnation({
  model,
  quorum,
}: Engine): Promise<Certificate | undefined> {
  const { body } = model.card;
  for (let ahead = 1; ahead <= incarnationsAhead; ahead++) {
    const reading = await quorum.readSlot(incarnationPlace(body, body.incarnation + ahead));
    if (reading.type !== 'voted') return undefined;
    if (reading.certificate !== undefined) return reading.certificate;
  }
  return undefined;
}

/** This device is over: durable before anybody is told. */
export async function end(
  engine: Engine,
  phase: Extract<PhaseNumber, 2 | 3>,
  proof?: Certificate,
): Promise<void> {
  const { model } = engine;
  await engine.exclusive(async () => {
    const to = draft();
    putWallet(to, model, { ...model.row, phase });
    putSuccessor(to, proof);
    await engine.commit(to);
  });
}

function putSuccessor(to: Draft, proof: Certificate | undefined): void {
  if (proof !== undefined) to.put(rowKey('successor'), certificate.encode(proof));
}

/** The certificate that ended this device, for whoever wants to check it. */
export async function proofOfEnd({ store }: Engine): Promise<Certificate | undefined> {
  const bytes = await store.get(rowKey('successor'));
  return bytes === undefined ? undefined : decodeRow(certificate, bytes, 'successor');
}
