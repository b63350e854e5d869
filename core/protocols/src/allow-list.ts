/**
 * Allow-lists: which devices may hold a token, as the root of a sparse Merkle map.
 *
 *     leaf   DevID → H_allowed( DevID )
 *
 * The map is the device map's own kind, so one multiproof shows all owners of an operation. Whoever
 * has the list can make it; whoever has the policy can check it.
 */

import {
  compare,
  deviceMap,
  equal,
  evaluate,
  hash,
  keyOf,
  type DeviceMap,
  type Multiproof,
} from '@dsm/primitive';

/** The map of a list of devices; its root stands in the policy. */
export function allowList(devices: readonly Uint8Array[]): DeviceMap {
  const map = deviceMap();
  map.apply(devices.map((key) => ({ key, value: hash('allowed', key) })));
  return map;
}

/** The owners that must be shown, once each, in the order of a multiproof. */
export function ownersIn(
  outputs: readonly { readonly owner: Uint8Array }[],
): readonly Uint8Array[] {
  const owners = new Map(outputs.map(({ owner }) => [keyOf(owner), owner]));
  return [...owners.values()].toSorted(compare);
}

/** The proof that all owners are on the list; none if there are no owners. */
export function proveAllowed(
  list: DeviceMap,
  outputs: readonly { readonly owner: Uint8Array }[],
): Multiproof | undefined {
  return outputs.length === 0 ? undefined : list.prove([...ownersIn(outputs)]);
}

/** True if there is nobody to show and nothing is shown, or every owner is shown on the list. */
export function areAllowed(
  root: Uint8Array | undefined,
  proof: Multiproof | undefined,
  outputs: readonly { readonly owner: Uint8Array }[],
): boolean {
  // A burn of everything makes nothing, and no proof covers no keys.
  if (root === undefined || outputs.length === 0) return proof === undefined;
  if (proof === undefined) return false;
  const leaves = ownersIn(outputs).map((key) => ({ key, value: hash('allowed', key) }));
  const shown = evaluate(proof, leaves);
  return shown.ok && equal(shown.root, root);
}
