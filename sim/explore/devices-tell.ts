/**
 * Device spaces in words, for traces: what was said, what a turn did, where a device stands.
 */

import { decodeOperation } from '@dsm/protocols';
import { entry } from '@dsm/primitive';
import type { Scene } from './devices-scene.ts';
import { occasions, type TurnNumbers } from './devices-table.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** A short name for bytes that have a digest: the same bytes, the same name. */
function nameOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 6), (byte) => letters[byte & 31]).join('');
}

export function tellSaid(scene: Scene, message: number): string {
  const said = scene.messages.at(message);
  const { name } = scene.cast.persons[said.edge]!;
  const id = nameOf(scene.messages.bytesOf(message).subarray(2));
  if ('half' in said) {
    const author = scene.cast.persons[said.half.author]!.name;
    return `from ${name} a run of ${author} (${nameOf(said.half.statement)})`;
  }
  const forgery = scene.forgeries.get(message);
  const { body } = said;
  const about = 'entries' in body ? `: ${body.entries.map(tellEntry).join(', ')}` : '';
  const why = body.type === 'refuse' ? ` (${body.code})` : '';
  const forged = forgery === undefined ? '' : `, forged: ${forgery}`;
  return `${body.type}${why} from ${name}${about}${forged} (${id})`;
}

function tellEntry(bytes: Uint8Array): string {
  const decoded = entry.decode(bytes);
  if (!decoded.ok) return 'no entry';
  const operation = decodeOperation(decoded.value.operation);
  if (typeof operation === 'string') return `entry ${decoded.value.index}, ${operation}`;
  const what =
    operation.type === 'transfer'
      ? `transfer of ${operation.outputs.map(({ amount }) => amount).join(' + ')}`
      : operation.type;
  return `entry ${decoded.value.index}, ${what}`;
}

const occasionNames = Object.keys(occasions);

export function tellTurn(
  scene: Scene,
  what: number,
  edge: number,
  { stages, talk, fault }: TurnNumbers,
): string {
  const peer = scene.cast.persons[edge]!.name;
  const last = stages.at(-1);
  const keeps = last !== undefined && last.disk !== stages[0]!.disk ? ['keeps it'] : [];
  const said = (last?.said ?? []).map((message) => {
    const each = scene.messages.at(message);
    return 'half' in each ? 'says a half' : `says ${each.body.type}`;
  });
  const jobs = (last?.jobs ?? []).map((job) => `begins to sign a ${scene.jobs.at(job).sign}`);
  const { trade } = scene.talks.at(talk);
  const wrong = fault === 0 ? [] : [`WRONG: ${scene.faults.at(fault)}`];
  const doing = [...keeps, ...jobs, ...said, `now ${trade.at}`, ...wrong].join(', ');
  return `${occasionNames[what % occasionNames.length]} with ${peer}: ${doing}`;
}

export function tellDisk(scene: Scene, part: number, disk: number): string {
  const { device, edges, notes } = scene.disks.at(disk);
  const sum = notes.reduce((total, { amount }) => total + amount, 0n);
  const lanes = edges.flatMap(({ on, open }, i) => {
    if (i === part) return [];
    const { name } = scene.cast.persons[i]!;
    const state = on.bricked === 0 ? '' : ' (convicted)';
    return `${name}${state} ${on.mine.index}/${on.theirs.index}${open === undefined ? '' : ' open'}`;
  });
  return `kept: step ${device.seq}, owns ${sum}, lanes mine/theirs ${lanes.join(', ')}`;
}
