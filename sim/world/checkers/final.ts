/**
 * Final means final: what a wallet has reported of a payment it never takes back against the promise
 * of its level, and no crash makes it forget.
 */

import type { Payment } from '@dsm/wallet';
import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';

type Level = Payment['finality'];

export function finalStays(world: World): Watch {
  /** By device and payment, the level and way that were reported last. */
  const reported = new Map<number, Map<string, Level>>();
  const ofDevice = (device: number): Map<string, Level> => {
    const known = reported.get(device) ?? new Map<string, Level>();
    reported.set(device, known);
    return known;
  };
  const check = (device: number, payment: Payment, moment: string): void => {
    const all = ofDevice(device);
    const before = all.get(payment.id);
    all.set(payment.id, payment.finality);
    if (before === undefined || mayBecome(world, before, payment)) return;
    const { name } = world.devices[device]!;
    world.tell(
      'final-stays',
      `${name}: ${payment.over}, ${before}, is ${payment.finality} ${moment}`,
    );
  };
  return {
    name: 'final-stays',
    reported: (device, payment) => check(device, payment, 'now'),
    restored: (device) => void reported.delete(device),
    opened: (device) => {
      const { wallet, name } = world.devices[device]!;
      const history = wallet!.history();
      const ids = new Set(history.map(({ id }) => id));
      for (const id of ofDevice(device).keys()) {
        if (!ids.has(id)) world.tell('final-stays', `${name} has forgotten a payment in a crash`);
      }
      for (const payment of history) check(device, payment, 'after a crash');
    },
  };
}

function mayBecome(world: World, before: Level, { finality: after, over }: Payment): boolean {
  if (before === after || after === 'certified') return true;
  switch (before) {
    case 'pending':
    case 'conflicted':
      return true;
    case 'pair-final':
      return after === 'conflicted' && isDoubtful(world);
    case 'edge-final':
      return after === 'conflicted' && (over === 'edge' || isDoubtful(world));
    case 'certified':
      return false;
  }
}

/** Somebody may have spent something twice: a clone, or a device that came out of a backup. */
export function isDoubtful({ cheats, sometimes }: World): boolean {
  return cheats.size > 0 || (sometimes.get('restore') ?? 0) > 0;
}
