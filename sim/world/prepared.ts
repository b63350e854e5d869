/**
 * The beginning of a run: a world in which the devices have met the bank and each other, hold its
 * token and have loaded their purses. It is made once for a process, without faults, by the shipped
 * code itself; every seed begins with a copy.
 */

import { firstRegistry } from '@dsm/availability';
import type { Wallet } from '@dsm/wallet';
import { networkId } from '@dsm/wallet';
import { filesOf, simulatedDisk } from './disk.ts';
import { startDevice } from './device.ts';
import { startNode } from './node.ts';
import { copyOfPlace, type Place } from './store.ts';
import { lineBetween, meet } from './talk.ts';
import { text } from './checkers/rows.ts';
import type { NodeSecrets } from '@dsm/storage-node';
import {
  endAll,
  newWorld,
  perform,
  settle,
  type World,
  type WorldNetwork,
  type WorldOptions,
} from './world.ts';

export interface Prepared {
  readonly network: WorldNetwork;
  readonly places: readonly Place[];
  readonly ids: readonly string[];
  readonly disks: readonly ReadonlyMap<string, Uint8Array>[];
  readonly secrets: readonly NodeSecrets[];
  readonly token: string;
  readonly slotRows: World['slotRows'];
  readonly minted: bigint;
  readonly events: number;
}

export interface Shape {
  /** Beside the bank. */
  readonly citizens: number;
  /** Nodes of the first registry, and those that stand by. */
  readonly nodes: number;
  readonly more: number;
  /** Whether each has funded an edge with the next. */
  readonly edges: boolean;
}

export const ticker = 'ERA';
const networkName = 'sim';
const each = 1_000n;
const purse = 127n;
const edge = 100n;

export function nameOf(index: number): string {
  return index === 0 ? 'Bank' : `Citizen ${index}`;
}

export function prepared(shape: Shape, real: World['real']): Prepared {
  const options: WorldOptions = {
    seed: 1,
    devices: shape.citizens + 1,
    nodes: shape.nodes + shape.more,
    names: nameOf,
    ...(real === undefined ? {} : { real }),
  };
  const id = networkId(networkName);
  const network: { -readonly [K in keyof WorldNetwork]: WorldNetwork[K] } = {
    name: networkName,
    id,
    registry: undefined as never,
  };
  const world = newWorld({ ...options, network });
  const slotRows = world.nodes.map(() => new Map<string, Uint8Array>());
  world.watches.push({
    name: 'prepared',
    engineKept: (node, writes) => {
      for (const { shelf, key, value } of writes) {
        if (shelf === 2 && value !== undefined) slotRows[node]!.set(text(key), value);
      }
    },
  });
  try {
    for (const node of world.nodes) startNode(world, node);
    settle(world, 100_000);
    const cards = world.nodes.slice(0, shape.nodes).map(({ node }) => node!.card);
    network.registry = firstRegistry({ network: id, nodes: cards, groupsMax: 1, bucketBits: 8 })!;
    for (const device of world.devices) startDevice(world, device);
    settle(world, 100_000);
    const wallets = world.devices.map(({ wallet }) => wallet!);
    const token = founded(world, wallets, shape);
    perform(world, () => Promise.all(wallets.map((wallet) => wallet.close())));
    const { findings } = world;
    if (findings.length > 0) throw new Error(findings[0]!.sentence);
    const result: Prepared = {
      network,
      places: world.devices.map(({ place }) => copyOfPlace(place)),
      ids: wallets.map((wallet) => wallet.id.device),
      token,
      slotRows,
      minted: each * BigInt(shape.citizens),
      events: world.schedule.events(),
      ...closedNodes(world),
    };
    return result;
  } finally {
    endAll(world);
    world.leave();
  }
}

function closedNodes(world: World): Pick<Prepared, 'disks' | 'secrets'> {
  perform(world, () => Promise.all(world.nodes.map(({ node }) => node!.close())));
  return {
    disks: world.nodes.map(({ disk }) => filesOf(disk)),
    secrets: world.nodes.map(({ secrets }) => secrets),
  };
}

function founded(world: World, wallets: readonly Wallet[], shape: Shape): string {
  const [bank, ...citizens] = wallets;
  const { id } = perform(world, () =>
    bank!.issue({ ticker, cap: 1_000_000n, burn: true, depthMax: 64, receiptsMax: 4_096 }),
  );
  for (const [i, wallet] of citizens.entries()) {
    perform(world, () => wallet.adopt(id));
    perform(world, () => bank!.mint(ticker, each));
    met(world, 0, i + 1, () =>
      bank!.contact(nameOf(i + 1)).pay({ token: id, amount: each, over: 'online' }),
    );
    perform(world, () => wallet.sync());
    perform(world, () => wallet.load(ticker, purse));
    perform(world, () => wallet.setOfflineLimit(id, 1_000n));
  }
  for (let a = 1; a <= shape.citizens; a++) {
    for (let b = a + 1; b <= shape.citizens; b++) met(world, a, b);
    const next = (a % shape.citizens) + 1;
    if (shape.edges && next !== a) {
      met(world, a, next, () => wallets[a]!.contact(nameOf(next)).fund(ticker, edge));
    }
  }
  for (const wallet of wallets) perform(world, () => wallet.sync());
  return id;
}

/** Two devices meet, do something, and part. */
export function met(
  world: World,
  a: number,
  b: number,
  work: () => Promise<unknown> = () => Promise.resolve(),
): void {
  meet(world, a, b);
  settle(world, 20_000);
  perform(world, work);
  settle(world, 20_000);
  const name = world.devices[b]!.wallet!.id.device;
  const [wallet] = [world.devices[a]!.wallet!];
  perform(world, () => wallet.contact(name).close());
  lineBetween(world, a, b)?.line.cut();
  settle(world, 20_000);
}

/** A world for a seed, that begins where the prepared one ended. */
export function begun(
  { network, places, disks, secrets, ids, token, minted, slotRows }: Prepared,
  seed: number,
  real: World['real'],
): World {
  const world = newWorld({
    seed,
    devices: places.length,
    nodes: disks.length,
    names: nameOf,
    network,
    ids,
    token,
    minted,
    slotRows,
    ...(real === undefined ? {} : { real }),
  });
  for (const [i, device] of world.devices.entries()) device.place = copyOfPlace(places[i]!);
  for (const [i, node] of world.nodes.entries()) {
    node.disk = simulatedDisk(`node ${i} of ${seed}`, disks[i]!);
    node.secrets = secrets[i]!;
  }
  return world;
}
