/**
 * Liveness: once all faults have healed no relationship of honest devices is stuck, every payment
 * between them has come to its end or says what it waits for, and what a quorum has acknowledged can be
 * read.
 */

import { isHonest } from '../heal.ts';
import { isBeyondAssumption } from '../keeper.ts';
import { perform, type World } from '../world.ts';
import type { Watch } from '../watch.ts';
import { isDoubtful } from './final.ts';
import { stackOf } from '../device.ts';

export function nothingStuck(world: World): Watch {
  const honest = (): World['devices'] =>
    world.devices.filter(({ index }) => isHonest(world, index));
  return {
    name: 'nothing-stuck',
    end: () => {
      if (isBeyondAssumption(world)) return world.happened('more than f nodes were out');
      for (const a of honest()) {
        if (a.wallet === undefined) {
          return world.tell('nothing-stuck', `${a.name} does not come back`);
        }
        for (const b of honest()) if (a.index < b.index) levelOf(world, a.index, b.index);
        pendingOf(world, a.index);
      }
      readAll(world);
    },
  };
}

/** Each side has absorbed all that the other has written. */
function levelOf(world: World, a: number, b: number): void {
  const [one, other] = [world.devices[a]!, world.devices[b]!];
  if (other.wallet === undefined) return;
  const [there, back] = [contact(world, a, b), contact(world, b, a)];
  if (there === undefined || back === undefined) return;
  const isLevel = there.written === back.absorbed && back.written === there.absorbed;
  if (isLevel && goesOn(there) && goesOn(back)) return;
  world.tell(
    'nothing-stuck',
    `${one.name} (${there.state}) has written ${there.written}, of which ${other.name} ` +
      `(${back.state}) has ${back.absorbed}; ${back.written} the other way, ${there.absorbed}`,
  );
}

function contact(
  { devices, ids }: World,
  of: number,
  peer: number,
): { written: number; absorbed: number; state: string } | undefined {
  return devices[of]!.wallet!.contacts().find(({ device }) => device === ids[peer]);
}

function pendingOf(world: World, index: number): void {
  const { wallet, name } = world.devices[index]!;
  for (const { finality, over, waiting, peer, direction } of wallet!.history()) {
    const isOver =
      finality === 'certified' || finality === 'edge-final' || finality === 'conflicted';
    if (isOver) continue;
    if (isDoubtful(world) && waiting !== '') continue;
    world.tell(
      'nothing-stuck',
      `${name}: a payment ${over}, ${direction}, ${peer}, is ${finality} for ever; it waits for: ${waiting}`,
    );
    return;
  }
}

function readAll(world: World): void {
  const reader = world.devices.find(
    ({ index, wallet }) => isHonest(world, index) && wallet !== undefined,
  );
  if (reader === undefined) return;
  for (const [address, bytes] of world.objects) {
    try {
      const got = perform(world, () => reader.wallet!.storage.get(address));
      if (Buffer.compare(got, bytes) === 0) continue;
      world.tell('objects-readable', 'an object is not what was put');
    } catch (error) {
      world.tell('objects-readable', `an object that q nodes had taken is gone: ${stackOf(error)}`);
    }
    return;
  }
}

/** Who has nothing to say yet since a restore has shown nothing yet; nothing waits for that. */
function goesOn({ state }: { readonly state: string }): boolean {
  return state === 'ok' || state === 'resuming';
}
