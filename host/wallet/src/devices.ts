/** Devices: what an owner does with the device tree, as the surface says it (devices-api.ts). */

import { genesisId, type DeviceStatus, type Genesis, type TreeWish } from '@dsm/identity';
import { card as cardObject, cardDevice, checkCard, equal, keyOf } from '@dsm/primitive';
import { findContact } from './contacts.ts';
import type { AuthorityKeys, DeviceActions, IdentityTree, OwnedDevice } from './devices-api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { isOwnDevice } from './belonging.ts';
import type { Model } from './model.ts';
import { readGenesis } from './open.ts';
import { rotate as rotateKeys } from './rotation.ts';
import { checkReady, type Runtime } from './runtime.ts';
import { idBytes, idText } from './text.ts';
import { payCall } from './token-calls.ts';
import { learnTree } from './tree-learning.ts';
import { noticeOf } from './tree-notices.ts';
import { headOf, type TreeRow } from './tree-rows.ts';
import { signUpdate } from './tree-signing.ts';

export function deviceActions(runtime: Runtime): DeviceActions {
  const { engine } = runtime;
  const { model } = engine;
  const change = async (by: AuthorityKeys, wish: TreeWish): Promise<IdentityTree> => {
    checkReady(runtime);
    return viewOf(model, await signUpdate(engine, ownGenesis(model, by), by, wish));
  };
  return {
    identity: () => {
      const { genesis } = model.card.body;
      return genesis && idText('identity', genesis);
    },
    tree: () => treeView(model, model.card.body.genesis),
    of: (contact) => treeView(model, genesisOf(model, contact)),
    refresh: async () => {
      const learned = await learnTree(engine, ownIdentity(model));
      if (learned?.ended !== true) {
        throw new DsmError('offline', 'too few nodes answer to see where the device tree stands');
      }
      return viewOf(model, learned.row);
    },
    add: async (by, card) => {
      const device = card === undefined ? model.device.id : deviceOf(engine, card);
      return change(by, { type: 'add', device });
    },
    retire: async (by, device) => change(by, { type: 'retire', device: findDevice(model, device) }),
    succeed: async (by, old, card) =>
      change(by, {
        type: 'succeed',
        old: findDevice(model, old),
        device: deviceOf(engine, card),
      }),
    join: async (bytes) => {
      const genesis = readGenesis(bytes, model.device.network);
      const named = model.card.body.genesis;
      if (named !== undefined)
        throw new DsmError('refused', 'this device names an identity already');
      await rotateKeys(runtime, genesis);
      return idText('identity', genesisId(genesis));
    },
    rotate: async (by, next) => {
      const row = model.trees.get(keyOf(ownIdentity(model)));
      const after = row === undefined ? 1 : headOf(row).rotations + 1;
      return change(by, { type: 'rotate', authority: next ?? by.authority(after).publicKey });
    },
    move: async ({ to, ...payment }) => {
      const contact = findContact(model, to);
      if (!isOwnDevice(model, contact.device, genesisOf(model, to))) {
        throw new DsmError('refused', `${contact.name} is no device of this wallet’s owner`);
      }
      return payCall(runtime, contact)(payment);
    },
  };
}

/** The identity that a contact's card names. */
function genesisOf(model: Model, contact: string): Uint8Array | undefined {
  const decoded = cardObject.decode(findContact(model, contact).card);
  return decoded.ok ? decoded.value.body.genesis : undefined;
}

function ownIdentity({ card }: Model): Uint8Array {
  const { genesis } = card.body;
  if (genesis === undefined) {
    throw new DsmError('usage', 'the card of this device names no identity');
  }
  return genesis;
}

/** The genesis that the own card names, as it is known or as these words lead to it. */
function ownGenesis(model: Model, by: AuthorityKeys): Genesis {
  const id = ownIdentity(model);
  const known = model.trees.get(keyOf(id))?.genesis;
  if (known !== undefined) return known;
  const { network, suite } = model.device;
  const made = { network, suite, authority: by.authority(0).publicKey, contributions: undefined };
  if (equal(genesisId(made), id)) return made;
  throw new DsmError('bad-words', 'these words do not lead to the identity that the card names');
}

/** The device that a card speaks for, if the card holds and names this identity. */
function deviceOf({ model, registries }: Engine, bytes: Uint8Array): Uint8Array {
  const decoded = cardObject.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', 'this is no identity card');
  const refusal = checkCard(decoded.value, model.device.network, registries);
  if (refusal !== undefined) {
    throw new DsmError('integrity', `the identity card does not hold: ${refusal}`);
  }
  const { genesis } = decoded.value.body;
  if (genesis === undefined || !equal(genesis, ownIdentity(model))) {
    throw new DsmError('refused', 'the card of that device does not name this identity');
  }
  return cardDevice(decoded.value);
}

/** A device of the own tree: by the contact's name, `dev1…` or a unique beginning of it. */
function findDevice(model: Model, nameOrPrefix: string): Uint8Array {
  const whole = idBytes('device', nameOrPrefix);
  if (whole !== undefined) return whole;
  const devices = model.trees.get(keyOf(ownIdentity(model)))?.devices ?? [];
  const found = devices.filter(
    ({ device }) =>
      nameIn(model, device) === nameOrPrefix || idText('device', device).startsWith(nameOrPrefix),
  );
  if (found.length === 1) return found[0]!.device;
  if (found.length === 0)
    throw new DsmError('not-found', `no device "${nameOrPrefix}" in the tree`);
  throw new DsmError('ambiguous', `several devices fit "${nameOrPrefix}"`);
}

export function treeView(model: Model, identity: Uint8Array | undefined): IdentityTree | undefined {
  const row = identity === undefined ? undefined : model.trees.get(keyOf(identity));
  return row && viewOf(model, row);
}

function viewOf(model: Model, row: TreeRow): IdentityTree {
  const { seq, rotations } = headOf(row);
  return {
    identity: idText('identity', genesisId(row.genesis)),
    seq,
    rotations,
    devices: row.devices.flatMap(({ device, status }) =>
      status === undefined ? [] : [deviceView(model, device, status)],
    ),
    complete: row.whole === 1,
    open: row.open !== undefined,
    notices: row.notices.map((notice) => noticeOf(row, notice)),
  };
}

function deviceView(model: Model, device: Uint8Array, status: DeviceStatus): OwnedDevice {
  return {
    device: idText('device', device),
    name: nameIn(model, device),
    state: status.type,
    since: status.type === 'alive' ? undefined : status.seq,
    by: status.type === 'succeeded' ? idText('device', status.by) : undefined,
    here: equal(device, model.device.id),
  };
}

function nameIn({ device: me, row, contacts }: Model, device: Uint8Array): string {
  return equal(device, me.id) ? row.name : (contacts.get(keyOf(device))?.name ?? '');
}
