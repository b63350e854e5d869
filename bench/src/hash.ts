/**
 * BLAKE3 by every implementation at hand.
 *
 * 64 to 512 bytes is what maps, entries and notes hash; 16 KiB is a run, 1 MiB the largest object.
 * hash-wasm takes part if `npm ci` was run in bench/third-party.
 */

import { pathToFileURL } from 'node:url';
import { nativeHash } from '@dsm/node';
import { portableHash } from '@dsm/portable';
import { interleaved, type Candidate } from './interleaved.ts';
import type { Options, Report } from './report.ts';
import { resolvePeer } from './third-party.ts';

export const question = 'Which BLAKE3 is the fastest at the sizes that the protocol hashes?';

type Digest = (input: Uint8Array) => Uint8Array;

/** Reports one line for each size and implementation. */
export async function run(report: Report, { peers }: Options = { peers: true }): Promise<void> {
  const digests: Record<string, Digest> = {
    [nativeHash.name]: nativeHash.blake3,
    [portableHash.name]: portableHash.blake3,
  };
  const wasm = peers ? await hashWasm() : undefined;
  if (wasm !== undefined) digests['hash-wasm'] = wasm;
  for (const bytes of [64, 128, 192, 512, 1_024, 4_096, 16_384, 1_048_576]) {
    const candidates = Object.entries(digests).map(([name, digest]) =>
      candidate(name, digest, bytes),
    );
    const count = Math.max(1, Math.floor(600_000 / (bytes + 60)));
    for (const figure of interleaved(candidates, 41, count)) {
      report({ bench: 'hash', bytes, ...figure });
    }
  }
}

function candidate(name: string, digest: Digest, bytes: number): Candidate {
  const input = Uint8Array.from({ length: bytes }, (_, i) => i % 251);
  return {
    name,
    work: (count) => {
      for (let i = 0; i < count; i++) {
        input[0] = i;
        // Using the result keeps the engine from leaving the work out.
        input[1] = digest(input)[0]!;
      }
    },
  };
}

interface HashWasm {
  readonly createBLAKE3: () => Promise<{
    readonly init: () => unknown;
    readonly update: (input: Uint8Array) => unknown;
    readonly digest: (as: 'binary') => Uint8Array;
  }>;
}

async function hashWasm(): Promise<Digest | undefined> {
  const path = resolvePeer('hash-wasm');
  if (path === undefined) return undefined;
  const { createBLAKE3 } = (await import(pathToFileURL(path).href)) as HashWasm;
  const hasher = await createBLAKE3();
  return (input) => {
    hasher.init();
    hasher.update(input);
    return hasher.digest('binary');
  };
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
