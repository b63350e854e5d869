/**
 * A device: a store that outlives its processes, and the wallet that runs in the present one.
 */

import type { Entropy, Keystore } from '@dsm/ports';
import { createWallet, DsmError, restoreWallet, type Wallet } from '@dsm/wallet';
import { idealAead, idealKem } from './ideal.ts';
import { random } from './random.ts';
import { lifeOf, type Life } from './schedule.ts';
import { copyOfPlace, crashed, newPlace, simulatedStore, type Place } from './store.ts';
import type { World } from './world.ts';

export interface Device {
  readonly index: number;
  readonly name: string;
  /** Of a clone, the device whose keys it has. */
  readonly original: number;
  readonly secret: Uint8Array;
  place: Place;
  lives: number;
  life: Life | undefined;
  /** Undefined while it is off, or opens. */
  wallet: Wallet | undefined;
  backup: Uint8Array | undefined;
  /** Why it cannot be opened any more. */
  ruined: string;
}

export function newDevice(
  index: number,
  name: string,
  secret: Uint8Array,
  original: number = index,
): Device {
  return {
    index,
    name,
    original,
    secret,
    place: newPlace(),
    lives: 0,
    life: undefined,
    wallet: undefined,
    backup: undefined,
    ruined: '',
  };
}

/** Start the device's process. With a backup the place must be new. */
export function startDevice(world: World, device: Device, backup?: Uint8Array): void {
  if (device.life !== undefined || device.ruined !== '') return;
  const { schedule, real } = world;
  const life = lifeOf(device.name);
  device.life = life;
  device.lives += 1;
  const drawn = random(world.seed, `device ${device.index} life ${device.lives}`);
  const entropy: Entropy = { bytes: drawn.bytes };
  const keys: Uint8Array[][] = [];
  const base = simulatedStore(device.place, life, schedule, {
    acknowledged: () => {
      const durable = keys.shift()!;
      for (const { kept } of world.watches) kept?.(device.index, durable);
    },
  });
  const store: typeof base = {
    ...base,
    commit: (writes) => {
      const asked = device.place.commits;
      const done = base.commit(writes);
      if (device.place.commits > asked) keys.push(writes.map(({ key }) => key.slice()));
      return done;
    },
  };
  const { name, registry } = world.network;
  const dial = (address: string) => world.dial(life, `d${device.index}`, address, device.index);
  const options = {
    name: device.name,
    store,
    network: { name, registry, nodes: registry.nodes.map(({ address }) => dial(address)!), dial },
    keystore: keystoreOf(device.secret),
    entropy,
    clock: { now: schedule.now },
    kem: real?.kem ?? idealKem(drawn),
    ...(real === undefined ? { aead: idealAead } : {}),
  };
  const opened = (wallet: Wallet): void => {
    device.wallet = wallet;
    for (const event of ['payment', 'finality'] as const) {
      wallet.on(event, (payment) => {
        for (const { reported } of world.watches) reported?.(device.index, payment);
      });
    }
    wallet.on('fork', (alarm) => {
      for (const { alarmed } of world.watches) alarmed?.(device.index, alarm);
    });
    for (const { opened: tell } of world.watches) tell?.(device.index);
  };
  const failed = (error: unknown): void => {
    if (error instanceof DsmError && error.code === 'full') return endDevice(world, device);
    device.ruined = String(error);
    world.tell('opening', `${device.name} cannot open its store: ${stackOf(error)}`);
  };
  schedule.enter(life, 'command', () => {
    const opening =
      backup === undefined ? createWallet(options) : restoreWallet({ ...options, backup });
    opening.then(opened, failed);
  });
}

/** The process ends in the middle of everything. */
export function endDevice(world: World, device: Device): void {
  const { life } = device;
  if (life === undefined) return;
  life.over = true;
  device.life = undefined;
  device.wallet = undefined;
  for (const tell of life.onEnd) tell();
  const asked = device.place.pending.length;
  const lost = crashed(device.place, world.random);
  if (asked > 0)
    world.happened(
      lost === 0 ? 'a crash kept what it was not told' : 'a crash lost what was not acknowledged',
    );
}

/** A copy of the device as its disk is now, with the same keys. */
export function cloneOf(device: Device, index: number): Device {
  const clone = newDevice(index, `${device.name} copy ${index}`, device.secret, device.original);
  clone.place = copyOfPlace(device.place);
  return clone;
}

function keystoreOf(secret: Uint8Array): Keystore {
  return { open: () => Promise.resolve(secret.slice()), create: () => Promise.resolve() };
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? `${error.stack}` : String(error);
}
