/** To which identity a device belongs that was never met: its card and a proof of its tree both say so. */

import {
  checkMembership,
  genesisId,
  membership as membershipObject,
  treePlace,
  type DeviceStatus,
  type Member,
  type TreeDevice,
} from '@dsm/identity';
import { cardDevice, equal, keyOf, type Card } from '@dsm/primitive';
import type { Engine } from './engine.ts';

export interface Belonging {
  readonly identity: Uint8Array | undefined;
  /** True if the nodes show nothing after the update that the proof is of. */
  readonly current: boolean;
}

/** `gone` for a device that has left its identity. `address` is that of the proof. */
export async function belonging(
  engine: Engine,
  card: Card,
  address: Uint8Array | undefined,
): Promise<Belonging | 'gone'> {
  const { quorum, model } = engine;
  const { genesis } = card.body;
  if (genesis === undefined) return { identity: undefined, current: true };
  const device = cardDevice(card);
  const member = address === undefined ? undefined : await memberAt(engine, genesis, address);
  const pinned = statusIn(model.trees.get(keyOf(genesis))?.devices, device);
  const shown = statusIn(member?.devices, device);
  if (hasLeft(pinned) || hasLeft(shown)) return 'gone';
  if (member === undefined || shown === undefined) return { identity: undefined, current: true };
  const { head } = member;
  const next = await quorum.readSlot(treePlace(genesis, head.seq + 1, head.authority));
  return { identity: genesis, current: next.type === 'free' };
}

async function memberAt(
  { quorum, registries, model }: Engine,
  genesis: Uint8Array,
  address: Uint8Array,
): Promise<Member | undefined> {
  const bytes = await quorum.fetch(address);
  const decoded = bytes === undefined ? undefined : membershipObject.decode(bytes);
  if (decoded?.ok !== true || !equal(genesisId(decoded.value.genesis), genesis)) return undefined;
  const checked = checkMembership(decoded.value, model.device.network, registries);
  return checked.ok ? checked.member : undefined;
}

function statusIn(
  devices: readonly TreeDevice[] | undefined,
  device: Uint8Array,
): DeviceStatus | undefined {
  return devices?.find((one) => equal(one.device, device))?.status;
}

function hasLeft(status: DeviceStatus | undefined): boolean {
  return status !== undefined && status.type !== 'alive';
}
