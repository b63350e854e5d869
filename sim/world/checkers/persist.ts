/**
 * Persist before send: when a signed statement leaves a device, its step chain is durable at least up
 * to it, and what a device acknowledges is durable with it. No position is stated twice differently.
 */

import { message as messageObject } from '@dsm/bilateral';
import { address, step as stepObject, type SignedStep } from '@dsm/primitive';
import { durableTable, durableValue, rowOf } from '../store.ts';
import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { chainOf, text } from './rows.ts';

const name = 'persist-before-send';
/** The bytes that follow version and kind of a message: which one it is. */
const says = { commit: 9, ack: 10, absorbed: 11 };
const deviceKey = Uint8Array.of(2);
const runTable = 0x06;

export function persistBeforeSend(world: World): Watch {
  /** By device, the heads of runs that are durable. */
  const heads = new Map<number, Set<string>>();
  const stated = new Map<string, string>();
  const headsOf = (device: number): Set<string> => {
    const known = heads.get(device);
    if (known !== undefined) return known;
    const rows = durableTable(world.devices[device]!.place, runTable);
    const made = new Set(rows.map(([, value]) => headOf(value)));
    heads.set(device, made);
    return made;
  };
  const checkStep = (index: number, { step, slots }: SignedStep): void => {
    const device = world.devices[index]!;
    const row = durableValue(device.place, deviceKey);
    const chain = row === undefined ? undefined : chainOf(row);
    const isBehind =
      chain === undefined ||
      chain.incarnation < step.incarnation ||
      (chain.incarnation === step.incarnation && chain.seq < step.seq);
    if (isBehind) {
      world.tell(name, `${device.name} said its step ${step.seq} before it was durable`);
    }
    const at = `${text(step.device)} ${step.incarnation} ${step.seq}`;
    const said = text(address(stepObject.encode(step))) + slots.length;
    const before = stated.get(`${index} ${at}`);
    stated.set(`${index} ${at}`, said);
    if (before !== undefined && before !== said && !world.cheats.has(device.original)) {
      world.tell(name, `${device.name} has stated two different steps ${step.seq}`);
    }
  };
  return {
    name,
    restored: (device) => void heads.delete(device),
    opened: (device) => void heads.delete(device),
    kept: (device, keys) => {
      for (const key of keys) {
        const row = key[0] === runTable ? rowOf(world.devices[device]!.place, key) : undefined;
        if (row !== undefined) headsOf(device).add(headOf(row[1]));
      }
    },
    sent: (device, frame) => {
      const [, , tag] = frame;
      if (tag !== says.commit && tag !== says.absorbed && tag !== says.ack) return;
      const decoded = messageObject.decode(frame);
      if (!decoded.ok) return world.tell(name, 'a device said what nobody can read');
      const said = decoded.value;
      if (said.type === 'commit' || said.type === 'absorbed') checkStep(device, said.signed);
      if (said.type === 'ack' && !headsOf(device).has(text(said.head))) {
        world.tell(
          'ack-after-durable',
          `${world.devices[device]!.name} acknowledged a run that a crash would lose`,
        );
      }
    },
  };
}

function headOf(run: Uint8Array): string {
  return text(run.subarray(34, 66));
}
