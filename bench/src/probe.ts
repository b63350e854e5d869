/**
 * The literature’s device probe: how far orbits of the same source and of others lie from what was
 * enrolled, by its own distance and its own rule.
 *
 * `farther` is the chance that an orbit of the other source lies farther than one of the same source:
 * 0.5 if they cannot be told apart, 1 if they always can. There is one machine here, so other devices
 * are stood in for by laws of bytes that share next to nothing: they show what the map itself does.
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  compareWith,
  drawnBytes,
  enrol,
  orbitsDefault,
  probeDefaults,
  timingBytes,
  type ByteSource,
  type Enrolment,
  type ProbeParameters,
} from '@dsm/node';
import { spread, type Report } from './report.ts';

export const question =
  'Does the literature’s probe (C-DBRW) tell devices apart, or a device from drawn bytes?';

/** Orbits of each other source: enough for a distribution. */
const orbitsCompared = 256;

export async function run(report: Report): Promise<void> {
  synthetic(report, probeDefaults);
  synthetic(report, { ...probeDefaults, order: 'rotation-first' });
  synthetic(report, { ...probeDefaults, points: 16_384 });
  await measured(report);
}

/** A law of bytes: one in a hundred is anything, the others lie in one half of all values. */
const halfLaw =
  (high: boolean): ByteSource =>
  (count) =>
    drawnBytes(3 * count)
      .subarray(0, count)
      .map((byte, i, all) => (rare(all, i) ? byte : (byte & 0x7f) | (high ? 0x80 : 0)));

/** One in a hundred, from the byte and its neighbour alone. */
function rare(all: Uint8Array, i: number): boolean {
  return ((all[i]! * 37 + (all[i + 1] ?? 0) * 101 + i) & 0x7f) === 0;
}

function synthetic(report: Report, parameters: ProbeParameters): void {
  const at = `${parameters.order}, N = ${parameters.points}`;
  const enrolled = enrol(halfLaw(false), orbitsDefault, parameters);
  const of = (source: ByteSource): Enrolment => enrol(source, orbitsCompared, parameters);
  const same = of(halfLaw(false));
  line(report, `drawn law, the same; ${at}`, enrolled, same, same);
  line(report, `drawn law that shares next to nothing; ${at}`, enrolled, same, of(halfLaw(true)));
  line(report, `uniform bytes; ${at}`, enrolled, same, of(drawnBytes));
}

async function measured(report: Report): Promise<void> {
  const own = process.execPath;
  const enrolled = enrol();
  const same = enrol(timingBytes, orbitsCompared);
  line(report, 'this machine, same process', enrolled, same, same);
  const program = (path: string, core?: number): ByteSource => otherProcess(path, core);
  const others: (readonly [string, ByteSource])[] = [['other process', program(own)]];
  if (spawnSync('taskset', ['--version']).error === undefined) {
    for (let core = 0; core < Math.min(2, availableParallelism()); core++) {
      others.push([`other process, on core ${core} alone`, program(own, core)]);
    }
  }
  const old = '/usr/bin/node';
  if (existsSync(old)) {
    const version = spawnSync(old, ['--version'], { encoding: 'utf8' }).stdout.trim();
    others.push([`other process, Node ${version}`, program(old)]);
  }
  for (const [what, source] of others) {
    line(report, what, enrolled, same, enrol(source, orbitsCompared));
  }
  const busy = [0, 1].map(() => burner(own));
  line(report, 'same process, every core busy', enrolled, same, enrol(timingBytes, orbitsCompared));
  for (const child of busy) child.kill();
  line(
    report,
    'an emulator that draws its bytes',
    enrolled,
    same,
    enrol(drawnBytes, orbitsCompared),
  );
}

/** All bytes of the orbits in one run of the program, which has its own time to warm up. */
function otherProcess(path: string, core: number | undefined): ByteSource {
  const all = orbitsCompared * (probeDefaults.points - 1);
  const text = `${timingBytes.toString()}\nprocess.stdout.write(timingBytes(${all}))`;
  const command = [path, '--eval', text];
  const pinned = core === undefined ? command : ['taskset', '--cpu-list', `${core}`, ...command];
  const { stdout, status } = spawnSync(pinned[0]!, pinned.slice(1), { maxBuffer: 2 * all });
  if (status !== 0 || stdout.length !== all) throw new Error(`${path} gave no bytes`);
  let at = 0;
  return (count) => new Uint8Array(stdout.subarray(at, (at += count)));
}

function burner(path: string): ChildProcess {
  return spawn(path, ['--eval', 'for (;;);'], { stdio: 'ignore' });
}

function line(
  report: Report,
  what: string,
  enrolled: Enrolment,
  same: Enrolment,
  other: Enrolment,
): void {
  const { distances, accepted, lawDistance } = compareWith(enrolled, other);
  const { median, p10, p90 } = spread(distances);
  const four = (figure: number): number => Math.round(figure * 1e4) / 1e4;
  report({
    bench: 'probe',
    what,
    distance: four(median),
    p10: four(p10),
    p90: four(p90),
    allowed: four(enrolled.spread * 1.1),
    acceptedPercent: Math.round(100 * accepted),
    farther: Math.round(100 * farther(compareWith(enrolled, same).distances, distances)) / 100,
    bytesDiffer: Math.round(100 * lawDistance) / 100,
  });
}

function farther(same: readonly number[], other: readonly number[]): number {
  let wins = 0;
  for (const far of other) for (const near of same) wins += far > near ? 1 : far === near ? 0.5 : 0;
  return wins / (same.length * other.length);
}
