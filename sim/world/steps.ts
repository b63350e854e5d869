/**
 * Steps: what a run does beside what follows from it: commands of owners, faults, and their ends. A
 * plan is a list of steps, so a run can be kept in a file, and made smaller by leaving steps out.
 */

import { random } from './random.ts';
import { cloneOf, endDevice, stackOf, startDevice, type Device } from './device.ts';
import { endNode, startNode } from './node.ts';
import { lies } from './lies.ts';
import { ticker } from './prepared.ts';
import { audited, changed, repaired } from './keeper.ts';
import { lineBetween, meet } from './talk.ts';
import { ledger } from './app.ts';
import { newPlace } from './store.ts';
import { fairWeather } from './wire.ts';
import { wayOf, type World } from './world.ts';
import { DsmError, type Wallet } from '@dsm/wallet';

export const deeds = [
  // Of owners.
  'meet',
  'part',
  'offline',
  'online',
  'edge',
  'stream',
  'fund',
  'exit',
  'load',
  'burn',
  'sync',
  'put',
  'get',
  'act',
  'backup',
  'route',
  // Of nodes and whoever looks after them.
  'follow',
  'commit-bytes',
  'repair',
  'audit',
  'change',
  // Faults of the network.
  'break',
  'partition',
  'heal',
  'weather',
  'slow',
  'losses',
  // Faults of devices.
  'pause',
  'resume',
  'crash',
  'start',
  'full',
  'clone',
  'restore',
  // Faults of nodes.
  'kill-node',
  'power-cut',
  'start-node',
  'full-node',
  'lying-sync',
  'rot',
  'lie',
] as const;
export type Deed = (typeof deeds)[number];

export interface Step {
  /** Due once so many events have happened, or when nothing else is left to happen. */
  readonly at: number;
  readonly do: Deed;
  /** A device, or a node. */
  readonly a: number;
  /** Another one, if the deed needs two. */
  readonly b: number;
  /** An amount, a number, a choice. */
  readonly n: number;
}

export function take(world: World, step: Step): void {
  const { a, b, n } = step;
  const isOwners = ownersDeeds.includes(step.do);
  const chosen = isOwners ? { ...step, a: copyOf(world, a, n), b: copyOf(world, b, n >> 4) } : step;
  const done = acts[step.do](world, chosen);
  world.happened(done ? step.do : `${step.do}: not now`);
}

/** What a cheat does with any of its copies. */
const ownersDeeds = deeds.slice(0, deeds.indexOf('backup'));

/** One of the running devices that have the keys of this one. */
function copyOf({ devices }: World, index: number, n: number): number {
  const copies = devices.filter(
    ({ original, wallet }) => original === index && wallet !== undefined,
  );
  return copies[n % Math.max(1, copies.length)]?.index ?? index;
}

/** Answers false if it could not even begin. */
type Act = (world: World, step: Step) => boolean;

const acts: Readonly<Record<Deed, Act>> = {
  meet: (world, { a, b }) => meet(world, a, b),
  part: (world, { a, b }) => ask(world, a, (wallet) => wallet.contact(idOf(world, b)).close()),
  offline: paying('offline'),
  online: paying('online'),
  edge: paying('edge'),
  stream: (world, { a, b, n }) =>
    ask(world, a, async (wallet) => {
      const stream = await wallet
        .contact(idOf(world, b))
        .stream({ token: ticker, every: { count: 3 } });
      for (let i = 0; i <= n % 8; i++) await stream.send(1n);
      await stream.close();
      world.happened('a stream was paid to its end');
    }),
  fund: (world, { a, b, n }) =>
    ask(world, a, (wallet) => wallet.contact(idOf(world, b)).fund(ticker, BigInt(5 + (n % 40)))),
  exit: (world, { a, b }) => ask(world, a, (wallet) => wallet.contact(idOf(world, b)).exit(ticker)),
  load: (world, { a, n }) => ask(world, a, (wallet) => wallet.load(ticker, BigInt(1 + (n % 30)))),
  burn: (world, { a }) =>
    ask(world, a, async (wallet) => {
      await wallet.burn(ticker, 1n);
      world.happened('something was burnt');
    }),
  sync: (world, { a }) =>
    ask(world, a, async (wallet) => {
      const { received, delivered, online } = await wallet.sync();
      if (received > 0) world.happened('a sync fetched something');
      if (delivered > 0) world.happened('a sync delivered something');
      if (!online) world.happened('a sync found too few nodes');
    }),
  put: (world, { a, n }) =>
    ask(world, a, async (wallet) => {
      const bytes = random(n, 'object').bytes(4 + (n % 600));
      const { address, available } = await wallet.storage.put(bytes);
      if (!available) return;
      world.objects.set(address, bytes);
      for (const { stored } of world.watches) stored?.(address, bytes);
      world.happened('an object was put');
    }),
  get: (world, { a, n }) =>
    ask(world, a, async (wallet) => {
      const known = [...world.objects.keys()];
      if (known.length === 0) return;
      const got = await wallet.storage.get(known[n % known.length]!);
      if (got.length > 0) world.happened('an object was fetched');
    }),
  act: (world, { a, b, n }) =>
    ask(world, a, async (wallet) => {
      const shared = await wallet.contact(idOf(world, b)).shared(ledger);
      await shared.act({ add: n % 100 });
      world.happened('a shared state was changed');
    }),
  backup: (world, { a }) =>
    ask(world, a, async (wallet) => {
      const bytes = await wallet.backup();
      world.devices[a]!.backup = bytes;
    }),
  route: (world, { a, b, n }) =>
    ask(world, a, async (wallet) => {
      const to = world.devices[b]!.wallet;
      if (to === undefined) return;
      const invoice = await to.invoice({ [ticker]: 1n });
      await wallet.payInvoice(invoice, { maxFee: 2n, patienceMs: 500 + n });
      world.happened('a route was paid');
    }),
  follow: (world, { a }) => {
    const { node, life } = world.nodes[a]!;
    if (node === undefined || life === undefined) return false;
    world.schedule.enter(life, 'command', () => void node.follow().catch(() => undefined));
    return true;
  },
  'commit-bytes': (world, { a }) => {
    const { node, life } = world.nodes[a]!;
    if (node === undefined || life === undefined) return false;
    world.schedule.enter(life, 'command', () => void node.commitBytes().catch(() => undefined));
    return true;
  },
  repair: (world) => repaired(world),
  audit: (world, { a }) => audited(world, a),
  change: (world, { n }) => changed(world, n),
  break: (world, { n }) => {
    const live = [...world.lines].filter(({ line }) => line.isOpen());
    if (live.length === 0) return false;
    live[n % live.length]!.line.cut();
    return true;
  },
  partition: (world, { a, b, n }) => {
    const isNode = n % 2 === 1;
    const way = isNode ? wayOf(`d${a}`, `n${b % world.nodes.length}`) : wayOf(`d${a}`, `d${b}`);
    world.partitions.add(way);
    if (!isNode) lineBetween(world, a, b)?.line.cut();
    return true;
  },
  heal: (world) => {
    world.partitions.clear();
    return true;
  },
  weather: (world, { a, b, n }) => {
    const rates = random(n, 'weather');
    const some = (): number => (rates.chance(400) ? 5 + rates.below(120) : 0);
    const sky = {
      drop: some(),
      duplicate: some(),
      reorder: some(),
      truncate: rates.chance(150) ? 20 : 0,
      flip: rates.chance(150) ? 20 : 0,
      budget: Infinity,
    };
    world.weather.set(`${a}>${b}`, sky);
    return true;
  },
  slow: (world, { a, b, n }) => {
    const before = world.weather.get(`${a}>${b}`) ?? fairWeather;
    world.weather.set(`${a}>${b}`, { ...before, budget: 500 + (n % 3_000) });
    return true;
  },
  losses: (world, { n }) => {
    const rates = random(n, 'losses');
    world.requests = { lost: rates.below(80), unheard: rates.below(80), twice: rates.below(80) };
    return true;
  },
  pause: (world, { a }) => {
    const { life } = world.devices[a]!;
    if (life === undefined) return false;
    life.paused = true;
    return true;
  },
  resume: (world, { a }) => {
    const { life } = world.devices[a]!;
    if (life?.paused !== true) return false;
    world.schedule.resume(life);
    return true;
  },
  crash: (world, { a }) => {
    const device = world.devices[a]!;
    if (device.life === undefined) return false;
    const { paused } = device.life;
    endDevice(world, device);
    if (paused) world.happened('a device crashed while it was paused');
    return true;
  },
  start: (world, { a }) => {
    const device = world.devices[a]!;
    if (device.life !== undefined) return false;
    startDevice(world, device);
    return true;
  },
  full: (world, { a, n }) => {
    world.devices[a]!.place.full = 1 + (n % 3);
    return true;
  },
  clone: (world, { a }) => {
    const device = world.devices[a]!;
    if (world.devices.length >= world.devicesMax) return false;
    const clone = cloneOf(device, world.devices.length);
    world.devices.push(clone);
    world.cheats.add(device.original);
    startDevice(world, clone);
    return true;
  },
  restore: (world, { a }) => restored(world, world.devices[a]!),
  'kill-node': (world, { a }) => cutNode(world, a, 'kill'),
  'power-cut': (world, { a }) => cutNode(world, a, 'power'),
  'start-node': (world, { a }) => {
    const node = world.nodes[a]!;
    if (node.life !== undefined) return false;
    startNode(world, node);
    return true;
  },
  'full-node': (world, { a, n }) => {
    world.nodes[a]!.disk.medium.leaveRoom(n % 2_000);
    return true;
  },
  'lying-sync': (world, { a, n }) => {
    if (!mayFail(world, a)) return false;
    world.nodes[a]!.disk.lies = 1 + (n % 5);
    return true;
  },
  rot: (world, { a, n }) => {
    const { disk, life } = world.nodes[a]!;
    const names = disk.medium.names();
    const name = names[n % Math.max(1, names.length)];
    if (life !== undefined || name === undefined || !mayFail(world, a)) return false;
    const size = disk.medium.contents(name)!.length;
    if (size === 0) return false;
    disk.medium.rot(name, n % size, n % 8);
    return true;
  },
  lie: (world, { a, n }) => {
    if (!mayFail(world, a)) return false;
    world.nodes[a]!.lie = lies[n % lies.length];
    return true;
  },
};

function paying(over: 'offline' | 'online' | 'edge'): Act {
  return (world, { a, b, n }) =>
    ask(world, a, async (wallet) => {
      const amount = BigInt(1 + (n % 12));
      const payment = await wallet.contact(idOf(world, b)).pay({ token: ticker, amount, over });
      world.happened(`a payment ${over} was made: ${payment.finality}`);
    });
}

/** A command of the owner. What the wallet refuses is counted; any other error is a finding. */
function ask(world: World, a: number, command: (wallet: Wallet) => Promise<unknown>): boolean {
  const device = world.devices[a]!;
  const { wallet, life } = device;
  if (wallet === undefined || life === undefined) return false;
  const refused = (error: unknown): void => {
    if (error instanceof DsmError) return world.happened(`refused: ${error.code}`);
    world.tell('errors', `${device.name}: ${stackOf(error)}`);
  };
  world.schedule.enter(life, 'command', () => {
    try {
      command(wallet).catch(refused);
    } catch (error) {
      refused(error);
    }
  });
  return true;
}

function idOf({ devices, ids }: World, index: number): string {
  return ids[devices[index]!.original]!;
}

/** The device loses its files and comes back out of its backup, which may be old. */
function restored(world: World, device: Device): boolean {
  if (device.backup === undefined || device.original !== device.index) return false;
  if (world.cheats.has(device.index)) return false;
  endDevice(world, device);
  device.place = newPlace();
  for (const { restored: tell } of world.watches) tell?.(device.index);
  startDevice(world, device, device.backup);
  return true;
}

function cutNode(world: World, a: number, how: 'kill' | 'power'): boolean {
  const node = world.nodes[a]!;
  if (node.life === undefined) return false;
  endNode(world, node, how);
  return true;
}

/** No more than f nodes are ever faulty; the first that is keeps the place. */
function mayFail({ nodes }: World, a: number): boolean {
  const isFirst = nodes.every(({ faulty, index }) => !faulty || index === a);
  if (isFirst) nodes[a]!.faulty = true;
  return isFirst;
}
