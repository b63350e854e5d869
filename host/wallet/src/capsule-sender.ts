/** When capsules are sent: when the owner asks, after each sync, and after payments while nodes answer. */

import type { Payment, WalletEvents } from './api.ts';
import { capsuleStatus, sealCapsules, sendCapsules, type Sent } from './capsule-sending.ts';
import type { CapsuleActions } from './capsules-api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';

export interface CapsuleSender {
  /** For the owner. */
  readonly actions: CapsuleActions;
  /** After a sync: everything, if this wallet has capsules at all. */
  readonly afterSync: () => Promise<void>;
  /** Something has changed. Sent in the background if the nodes have answered before, or just now. */
  readonly soon: (isOnline: boolean) => void;
  /** Resolves when nothing is under way, and nothing is left that the nodes would take. */
  readonly settled: () => Promise<void>;
}

export function capsuleSender(engine: Engine, isWanted: boolean | undefined): CapsuleSender {
  let last: Promise<unknown> = Promise.resolve();
  let isQueued = false;
  let isReached = false;
  /** One after the other: whoever asks while one is under way has changes that it may have missed. */
  const send = async (): Promise<Sent> => {
    const next = last.then(() => {
      isQueued = false;
      return sendCapsules(engine);
    });
    last = next.catch(() => undefined);
    const sent = await next;
    isReached = sent === 'done';
    return sent;
  };
  const actions: CapsuleActions = {
    seal: () => sealCapsules(engine),
    status: () => capsuleStatus(engine),
    send: async () => {
      if ((await send()) === 'offline') {
        throw new DsmError('offline', 'too few nodes answer to keep the recovery data');
      }
      return capsuleStatus(engine);
    },
  };
  return {
    actions,
    afterSync: async () => {
      if (isWanted ?? engine.journal.isOn()) await send();
    },
    soon: (isOnline) => {
      isReached ||= isOnline && (isWanted ?? engine.journal.isOn());
      if (!isReached || isQueued || isWanted === false) return;
      isQueued = true;
      void send().catch(() => undefined);
    },
    settled: async () => {
      if (isReached && isWanted !== false) void send().catch(() => undefined);
      await last;
    },
  };
}

/** Payments are news for whoever recovers this wallet; one with the nodes shows that they answer. */
export function keepUp<K extends keyof WalletEvents>(
  { soon }: CapsuleSender,
  event: K,
  value: WalletEvents[K],
): void {
  if (event !== 'payment' && event !== 'finality') return;
  const { over, finality } = value as Payment;
  soon(over === 'online' && finality === 'certified');
}
