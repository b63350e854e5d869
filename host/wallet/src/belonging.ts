/** Belonging: what the device trees that are known here say of a device. */

import type { DeviceStatus } from '@dsm/identity';
import { cardDevice, equal, keyOf, type Card } from '@dsm/primitive';
import type { Model } from './model.ts';

/** What the tree of an identity says of a device, as far as it is known here. */
export function statusIn(
  model: Model,
  identity: Uint8Array,
  device: Uint8Array,
): DeviceStatus | undefined {
  const row = model.trees.get(keyOf(identity));
  return row?.devices.find((one) => equal(one.device, device))?.status;
}

/** True if both name one identity and its tree has both: they are one user's. */
export function isOwnDevice(
  { device, card, trees }: Model,
  other: Uint8Array,
  of: Uint8Array | undefined,
): boolean {
  const { genesis } = card.body;
  if (genesis === undefined || of === undefined || !equal(genesis, of)) return false;
  const devices = trees.get(keyOf(genesis))?.devices ?? [];
  return [device.id, other].every((id) =>
    devices.some((one) => equal(one.device, id) && one.status?.type === 'alive'),
  );
}

/** True if the tree of an identity that the device has ever named here has taken it out. */
export function hasLeft({ left }: Model, device: Uint8Array): boolean {
  return left.has(keyOf(device));
}

/** The same of a device that shows a card, whether or not it was ever met. */
export function hasCardLeft(model: Model, card: Card): boolean {
  const device = cardDevice(card);
  const { genesis } = card.body;
  if (hasLeft(model, device)) return true;
  const status = genesis && statusIn(model, genesis, device);
  return status !== undefined && status.type !== 'alive';
}
