/** Settling: how a decision about the own lane ends, with the nodes. */

import { certifyOne } from './certify.ts';
import { DsmError } from './errors.ts';
import { refresh, type Runtime } from './runtime.ts';

/** Own operations count once they are certified. Without the nodes they stay, and `sync` goes on. */
export async function settle(runtime: Runtime, head: Uint8Array): Promise<void> {
  const outcome = await certifyOne(runtime.engine, head);
  await refresh(runtime);
  if (outcome === 'conflicted') {
    throw new DsmError('already-spent', 'the nodes hold another spend of these notes');
  }
  if (outcome === 'undecided') {
    throw new DsmError('pending', 'made and kept; too few nodes answered to certify it now');
  }
}
