/**
 * Handing over: an own run that nobody has to consent to goes to the peer, over the connection if
 * there is one, and to the nodes, which certify what it spends and keep it for a peer that is off.
 */

import { keyOf } from '@dsm/primitive';
import { certifyOne } from './certify.ts';
import { DsmError } from './errors.ts';
import { partsFor } from './lineage.ts';
import type { RunAt } from './model.ts';
import { deliverRun } from './online.ts';
import type { ContactRow } from './rows.ts';
import { liveSession, refresh, type Runtime } from './runtime.ts';
import type { Said } from './session.ts';

/** A peer that is connected and does not answer is not waited for: the nodes have it all. */
const answerMs = 2_000;

/** What the answer is, or undefined if none comes soon. */
export async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), answerMs);
  const answered = await Promise.race([answer, promise]);
  clearTimeout(timer);
  return answered;
}

/** Certify what a run spends and leave it with the nodes. Throws if it was spent elsewhere. */
export async function handOver(
  runtime: Runtime,
  { device, relationship }: ContactRow,
  at: RunAt,
  heads: readonly Uint8Array[],
  said: Said | undefined,
): Promise<{ readonly certified: boolean }> {
  const { engine } = runtime;
  const outcomes = [];
  for (const head of heads) outcomes.push(await certifyOne(engine, head));
  await refresh(runtime);
  if (outcomes.includes('conflicted')) {
    throw new DsmError('already-spent', 'the nodes hold another spend of this note');
  }
  await deliverRun(engine, engine.model.relationships.get(keyOf(relationship!))!, at);
  if (said !== undefined && (await soon(said.acked)) !== undefined) {
    const { parts } = await partsFor(engine, { heads, tokens: [] });
    await liveSession(runtime, device)?.push(parts);
  }
  return { certified: outcomes.every((outcome) => outcome === 'certified') };
}
