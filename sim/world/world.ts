/**
 * A world: devices, storage nodes and the lines between them, in one process under one scheduler.
 */

import type { Kem, NodeApi } from '@dsm/ports';
import type { Registry } from '@dsm/primitive';
import { drain } from './drain.ts';
import { underClockwork } from './clockwork.ts';
import { endDevice, newDevice, startDevice, type Device } from './device.ts';
import { endNode, newNode, servedBy, startNode, type Node } from './node.ts';
import { random, type Random } from './random.ts';
import { reached } from './reach.ts';
import { lifeOf, outside, schedule, type Life, type Schedule } from './schedule.ts';
import type { Finding, Tell, Watch } from './watch.ts';
import { fairWeather, type Line, type Weather } from './wire.ts';

export interface WorldNetwork {
  readonly name: string;
  readonly id: Uint8Array;
  readonly registry: Registry;
}

export interface LiveLine {
  readonly line: Line;
  readonly a: number;
  readonly b: number;
}

export interface World {
  readonly seed: number;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly network: WorldNetwork;
  readonly devices: Device[];
  readonly nodes: Node[];
  /** Live lines. */
  readonly lines: Set<LiveLine>;
  /** Ways that are cut: `d1 n2`, `d1 d3`, `n0 n2`; the smaller name first. */
  readonly partitions: Set<string>;
  /** Of one direction between two devices: `1>3`. */
  readonly weather: Map<string, Weather>;
  /** How many of a thousand requests to nodes suffer what. */
  requests: { lost: number; unheard: number; twice: number };
  readonly watches: Watch[];
  /** Ids of the devices, by index. */
  readonly ids: readonly string[];
  readonly devicesMax: number;
  /** Objects that a quorum has acknowledged. */
  readonly objects: Map<string, Uint8Array>;
  /** Whoever looks after the nodes. */
  readonly keeper: Life;
  readonly token: string;
  /** By node, the slot rows that its engine held at the beginning. */
  readonly slotRows: readonly ReadonlyMap<string, Uint8Array>[];
  readonly minted: bigint;
  readonly happened: (what: string) => void;
  /** How often each thing happened. */
  readonly sometimes: Map<string, number>;
  readonly tell: Tell;
  readonly findings: Finding[];
  /** A way from somebody to a node. */
  readonly dial: (
    life: Life,
    from: string,
    address: string,
    device?: number,
  ) => NodeApi | undefined;
  /** Real cryptography instead of ideal. */
  readonly real: { readonly kem: Kem } | undefined;
  /** Original devices whose keys were used by two processes or two states. */
  readonly cheats: Set<number>;
  /** Puts the platform back under its own timers. */
  readonly leave: () => void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly devices: number;
  readonly nodes: number;
  readonly names: (index: number) => string;
  readonly real?: World['real'];
  readonly ids?: readonly string[];
  readonly token?: string;
  readonly slotRows?: World['slotRows'];
  readonly minted?: bigint;
}

export function newWorld(options: WorldOptions & { readonly network: WorldNetwork }): World {
  const { seed, network, real } = options;
  const scheduler = schedule(random(seed, 'schedule'));
  const sometimes = new Map<string, number>();
  const findings: Finding[] = [];
  const partitions = new Set<string>();
  const happened = (what: string): void => {
    sometimes.set(what, (sometimes.get(what) ?? 0) + 1);
  };
  const network1 = random(seed, 'network');
  const world: World = {
    seed,
    random: random(seed, 'faults'),
    schedule: scheduler,
    network,
    devices: [],
    nodes: Array.from({ length: options.nodes }, (_, index) => newNode(index)),
    lines: new Set(),
    partitions,
    weather: new Map(),
    requests: { lost: 0, unheard: 0, twice: 0 },
    watches: [],
    ids: options.ids ?? [],
    devicesMax: options.devices + 3,
    objects: new Map(),
    keeper: lifeOf('keeper'),
    token: options.token ?? '',
    slotRows: options.slotRows ?? [],
    minted: options.minted ?? 0n,
    happened,
    sometimes,
    tell: (checker, sentence) => findings.push({ checker, sentence }),
    findings,
    dial: (life, from, address, device) => {
      const node = world.nodes.find((one) => one.address === address);
      if (node === undefined) return undefined;
      const to = `n${node.index}`;
      return watched(
        world,
        device,
        reached({
          schedule: scheduler,
          random: network1,
          address,
          life,
          target: () => {
            if (partitions.has(wayOf(from, to))) return undefined;
            const served = servedBy(world, node);
            return served === undefined ? undefined : { life: node.life!, node: served };
          },
          rates: () => (from === to ? noLosses : world.requests),
          happened,
        }),
      );
    },
    real,
    cheats: new Set(),
    leave: underClockwork(scheduler, random(seed, 'platform')),
  };
  for (let i = 0; i < options.devices; i++) {
    const secret = random(7, `secret of device ${i}`).bytes(32);
    world.devices.push(newDevice(i, options.names(i), secret));
  }
  return world;
}

const noLosses = { lost: 0, unheard: 0, twice: 0 };

/** What a device asks is seen by the checkers as it leaves. */
function watched(world: World, device: number | undefined, node: NodeApi): NodeApi {
  if (device === undefined) return node;
  const see: NonNullable<Watch['asked']> = (from, request) => {
    for (const { asked } of world.watches) asked?.(from, request);
  };
  return {
    ...node,
    putObject: (bytes) => {
      see(device, { type: 'put', terms: {} as never, bytes });
      return node.putObject(bytes);
    },
    writeSlot: (write) => {
      see(device, { type: 'write-slot', write });
      return node.writeSlot(write);
    },
    ask: (requests) => {
      for (const request of requests) see(device, request);
      return node.ask(requests);
    },
  };
}

export function wayOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

export function weatherOf({ weather }: World, from: number, to: number): Weather {
  return weather.get(`${from}>${to}`) ?? fairWeather;
}

/** Timers that are waited for when nothing else is left: whoever tries again for ever is not. */
const leapsMax = 40;

/** Pick until nothing is under way but what tries again for ever; or until so many picks were made. */
export function settle({ schedule: scheduler }: World, picksMax: number): boolean {
  const until = scheduler.events() + picksMax;
  for (let leaps = 0; scheduler.events() < until;) {
    if (scheduler.pick()) continue;
    leaps += 1;
    if (leaps > leapsMax || !scheduler.leap()) return true;
  }
  return false;
}

/** Pick until the work is done. Its fault is a fault of the program. */
export function perform<T>(world: World, work: () => Promise<T>, picksMax = 2_000_000): T {
  const { schedule: scheduler } = world;
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  scheduler.enter(outside, 'command', () => {
    work().then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
  });
  drain();
  for (let picks = 0; outcome === undefined && picks < picksMax; picks++) {
    if (!scheduler.pick() && !scheduler.leap()) break;
  }
  if (outcome === undefined) throw new Error('the work did not end');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** Everything that can run runs. */
export function startAll(world: World): void {
  for (const node of world.nodes) startNode(world, node);
  settle(world, 200_000);
  for (const device of world.devices) startDevice(world, device);
  settle(world, 200_000);
}

export function endAll(world: World): void {
  for (const device of world.devices) endDevice(world, device);
  for (const node of world.nodes) endNode(world, node, 'kill');
}
