/** Unlocking: the owner brings the words, for what only the root key signs, and takes them away again. */

import type { Stretch } from '@dsm/ports';
import type { CustodyActions } from './custody-api.ts';
import { deviceNamed } from './custody.ts';
import { DsmError } from './errors.ts';
import type { Runtime } from './runtime.ts';

export function custodyActions(runtime: Runtime, stretch: Stretch): CustodyActions {
  const { engine, renewKeys } = runtime;
  const { custody, model } = engine;
  const { kind, index } = custody;
  return {
    kind,
    deviceIndex: index,
    unlocked: custody.unlocked,
    unlock: async (words) => {
      if (index === undefined) throw new DsmError('usage', 'this wallet was made without words');
      const { network, suite, id } = model.device;
      const device = await deviceNamed({ words, network, suite, index, stretch }, id);
      await engine.exclusive(async () => {
        custody.unlock(device);
        renewKeys();
      });
    },
    lock: () =>
      engine.exclusive(async () => {
        custody.lock();
        renewKeys();
      }),
  };
}
