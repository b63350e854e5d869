/** The machine under the figures, and how busy it was. */

import os from 'node:os';
import { nativeHash } from '@dsm/node';
import { spread } from './report.ts';
import { threadMs } from './turns.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  /** Processes that wanted to run, over the last minute. */
  readonly load: number;
  /** How long a BLAKE3 of 64 bytes took just now: the same machine is slower while others use it. */
  readonly hashNs: number;
}

export function machine(): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    platform: `${os.platform()} ${os.arch()}`,
    node: process.version,
    load: Math.round(os.loadavg()[0]! * 100) / 100,
    hashNs: hashNs(),
  };
}

function hashNs(): number {
  const input = new Uint8Array(64);
  const output = new Uint8Array(32);
  const count = 200_000;
  const rounds = Array.from({ length: 8 }, () => {
    const start = threadMs();
    for (let i = 0; i < count; i++) {
      input[0] = i;
      nativeHash.blake3Into(input, output, 0);
    }
    return ((threadMs() - start) * 1_000_000) / count;
  });
  return Math.round(spread(rounds.slice(1)).median);
}

export function sentence({ cpu, cores, platform, node, load, hashNs: ns }: Machine): string {
  return `${cpu}, ${cores} cores, ${platform}, node ${node}, load ${load}, BLAKE3 of 64 bytes ${ns} ns`;
}
