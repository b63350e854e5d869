/**
 * Allow-lists of tokens: published as objects, fetched once, and proved from whenever value moves.
 *
 *     object = version ‖ kind ‖ device ids, ascending        its root stands in the policy
 *
 * The policy names the object by an anchor, so whoever has the policy can find the list.
 */

import {
  address,
  ascending,
  bytes32,
  equal,
  keyOf,
  kinds,
  limits,
  object,
  type DeviceMap,
  type Multiproof,
  type Obj,
} from '@dsm/primitive';
import { allowList, proveAllowed, type Policy } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { rowKey } from './rows.ts';

/** The label of the anchor under which a policy names its list. */
export const allowListLabel = 'allow-list';

const devicesMax = 32_000;

export const allowListObject: Obj<readonly Uint8Array[]> = object(
  kinds.allowList,
  limits.objectBytesMax,
  ascending<Uint8Array>(bytes32, (device) => device, devicesMax, 1),
);

/** The devices on a token's list; undefined if there is none, or if it is nowhere to be found. */
export async function allowedDevices(
  { store, quorum }: Engine,
  { allowed, anchors }: Policy,
): Promise<readonly Uint8Array[] | undefined> {
  const at = anchors.find(({ label }) => label === allowListLabel)?.address;
  if (allowed === undefined || at === undefined) return undefined;
  const kept = await store.get(rowKey('object', at));
  const bytes = kept ?? (await quorum.fetch(at));
  if (bytes === undefined || !equal(address(bytes), at)) return undefined;
  const decoded = allowListObject.decode(bytes);
  if (!decoded.ok || !equal(allowList(decoded.value).root(), allowed)) return undefined;
  if (kept === undefined) await store.commit([{ key: rowKey('object', at), value: bytes }]);
  return decoded.value;
}

/** The proof that the owners of the outputs may hold the token; undefined if anybody may. */
export async function allowedProof(
  engine: Engine,
  rules: Policy,
  outputs: readonly { readonly owner: Uint8Array }[],
): Promise<Multiproof | undefined> {
  if (rules.allowed === undefined) return undefined;
  const map = await listOf(engine, rules);
  const strangers = outputs.filter(({ owner }) => map.get(owner) === undefined);
  if (strangers.length > 0) {
    throw new DsmError('refused', `who gets it is not on the allow-list of ${rules.ticker}`);
  }
  return proveAllowed(map, outputs);
}

const lists = new WeakMap<Engine['model'], Map<string, DeviceMap>>();

async function listOf(engine: Engine, rules: Policy): Promise<DeviceMap> {
  const known = lists.get(engine.model) ?? new Map<string, DeviceMap>();
  lists.set(engine.model, known);
  const there = known.get(keyOf(rules.allowed!));
  if (there !== undefined) return there;
  const devices = await allowedDevices(engine, rules);
  if (devices === undefined) {
    throw new DsmError(
      'pending',
      `the allow-list of ${rules.ticker} is not here: no node has it now`,
    );
  }
  const map = allowList(devices);
  known.set(keyOf(rules.allowed!), map);
  return map;
}
