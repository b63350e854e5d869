/** The parts of a wallet that have a surface of their own: `wallet.storage`, `wallet.devices` and so on. */

import type { Stretch } from '@dsm/ports';
import type { Wallet } from './api.ts';
import { storageActions } from './storage-actions.ts';
import { recoveryActions } from './recovery.ts';
import { deviceActions } from './devices.ts';
import { custodyActions } from './unlocking.ts';
import { keyActions } from './key-actions.ts';
import { bindingActions } from './bindings.ts';
import { credentialActions } from './credentials.ts';
import type { Runtime } from './runtime.ts';

/** What has a surface of its own. */
export function parts(
  runtime: Runtime,
  stretch: Stretch,
): Pick<
  Wallet,
  'storage' | 'recovery' | 'devices' | 'custody' | 'binding' | 'capsules' | 'credentials' | 'keys'
> {
  const { engine, capsules } = runtime;
  return {
    storage: storageActions(engine),
    recovery: recoveryActions(engine),
    devices: deviceActions(runtime),
    custody: custodyActions(runtime, stretch),
    binding: bindingActions(runtime),
    keys: keyActions(runtime),
    credentials: credentialActions(runtime),
    capsules: capsules.actions,
  };
}
