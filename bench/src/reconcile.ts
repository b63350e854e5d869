/**
 * Reconciliation: what two nodes say to each other until one knows how their keys differ.
 *
 * n keys of 32 bytes, of which d are on one side only, half on each. Bytes are those of both
 * directions with every header of the coders, without the transport's. Time is that of both sides on
 * the processor, from the sorted keys on, with one nonce that nobody has used before.
 *
 * Ours asks for symbols in batches, each a quarter of all before and 8 at least, until the difference is
 * known; so it pays for some that it did not need. Negentropy is the JavaScript of its author, as
 * applesauce-relay ships it, keys sorted and sealed before the clock runs, all at one time stamp,
 * because addresses have none. Listing is all keys of one side.
 */

import { pathToFileURL } from 'node:url';
import { nativeHash } from '@dsm/node';
import { decoder, encoder, symbolBatchCoder, symbolsEnd } from '@dsm/availability';
import { compare, encodeWith, installHash } from '@dsm/primitive';
import { judge, spread, type Goal, type Options, type Report } from './report.ts';
import { resolvePeer } from './third-party.ts';
import { threadMs } from './turns.ts';

export const question =
  'How many bytes and how much time until two nodes know how their keys differ?';

/** A request: number of the first symbol, how many. The nonce is said once. */
const requestBytes = 6;
const nonceBytes = 32;
const differences = [0, 10, 100, 1_000];

const goals: Readonly<Record<string, Goal>> = {
  negentropy: { floor: 20, target: 40, better: 'higher' },
  listing: { floor: 1_000, target: 4_000, better: 'higher' },
};

interface Spoken {
  readonly bytes: number;
  readonly rounds: number;
  readonly ms: number;
  readonly symbols?: number;
}

export async function run(report: Report, options: Options = { peers: true }): Promise<void> {
  installHash(nativeHash);
  const peer = options.peers ? await negentropy() : undefined;
  for (const count of [100_000, 1_000_000]) {
    for (const difference of differences) await measure(report, count, difference, peer);
  }
}

async function measure(
  report: Report,
  count: number,
  difference: number,
  peer: Negentropy | undefined,
): Promise<void> {
  const { here, there, hereKeys, thereKeys } = sets(count, difference);
  const turns = count > 100_000 ? 3 : 5;
  const ours: Spoken[] = [];
  const theirs: Spoken[] = [];
  const storages = peer && [peer.storage(hereKeys), peer.storage(thereKeys)];
  for (let turn = 0; turn < turns; turn++) {
    ours.push(symbolsBetween(here, there, difference, turn));
    if (peer && storages && turn < 2)
      theirs.push(await peer.speak(storages[0]!, storages[1]!, difference));
  }
  const mine = median(ours);
  const line = { bench: 'reconcile', keys: count, differences: difference };
  report({ ...line, contender: 'dsm, symbols', ...mine });
  const others = {
    negentropy: theirs[0] && median(theirs),
    listing: { bytes: count * 32, rounds: 1 },
  };
  for (const [contender, spoken] of Object.entries(others)) {
    if (spoken === undefined) continue;
    const times = Math.round((spoken.bytes / mine.bytes) * 10) / 10;
    const isPromised = count === 1_000_000 && difference === 100;
    const verdict = isPromised ? judge(times, goals[contender]!) : {};
    report({ ...line, contender, ...spoken, oursTimesLess: times, ...verdict });
  }
}

/** Bytes and rounds may differ with the nonce: the median of each. */
function median(all: readonly Spoken[]): Spoken {
  const of = (figure: (one: Spoken) => number): number => spread(all.map(figure)).median;
  const symbols = all[0]!.symbols === undefined ? {} : { symbols: of((one) => one.symbols!) };
  return {
    bytes: of(({ bytes }) => bytes),
    rounds: of(({ rounds }) => rounds),
    ms: Math.round(of(({ ms }) => ms)),
    ...symbols,
  };
}

function symbolsBetween(
  here: Uint8Array,
  there: Uint8Array,
  difference: number,
  turn: number,
): Spoken {
  const nonce = digestOf(turn, 3);
  const start = threadMs();
  const from = encoder(there, nonce);
  const to = decoder(here, nonce, symbolsEnd);
  let bytes = nonceBytes;
  let rounds = 0;
  for (;;) {
    const asked = Math.max(8, Math.ceil(to.taken() / 4));
    const batch = { from: to.taken(), symbols: from.symbols(to.taken(), asked) };
    bytes += requestBytes + encodeWith(symbolBatchCoder, batch).length;
    rounds += 1;
    const found = to.take(batch.symbols);
    if (found.state === 'more') continue;
    if (found.state === 'refused') throw new Error(found.refusal);
    checkFound(found.onlyHere.length, found.onlyThere.length, difference);
    return { bytes, rounds, ms: threadMs() - start, symbols: to.taken() };
  }
}

function checkFound(onlyHere: number, onlyThere: number, difference: number): void {
  if (onlyHere + onlyThere !== difference) throw new Error(`${onlyHere} + ${onlyThere} were found`);
}

interface Storage {
  readonly insert: (timestamp: number, id: Uint8Array) => void;
  readonly seal: () => void;
}

type Ids = readonly unknown[];

interface Side {
  readonly initiate: () => Promise<string | Uint8Array>;
  readonly reconcile: (
    message: string | Uint8Array,
  ) => Promise<readonly [string | Uint8Array | null, have: Ids, need: Ids]>;
}

interface Library {
  readonly Negentropy: new (storage: Storage) => Side;
  readonly NegentropyStorageVector: new () => Storage;
}

interface Negentropy {
  readonly storage: (keys: readonly Uint8Array[]) => Storage;
  readonly speak: (here: Storage, there: Storage, difference: number) => Promise<Spoken>;
}

async function negentropy(): Promise<Negentropy | undefined> {
  const path = resolvePeer('applesauce-relay');
  if (path === undefined) return undefined;
  const file = new URL('lib/negentropy.js', pathToFileURL(path));
  const library = (await import(file.href)) as Library;
  return {
    storage: (keys) => {
      const storage = new library.NegentropyStorageVector();
      for (const key of keys) storage.insert(0, key);
      storage.seal();
      return storage;
    },
    speak: async (here, there, difference) => {
      const start = threadMs();
      const [mine, other] = [new library.Negentropy(here), new library.Negentropy(there)];
      let [bytes, rounds, have, need] = [0, 0, 0, 0];
      let message: string | Uint8Array | null = await mine.initiate();
      while (message !== null) {
        const [answer] = await other.reconcile(message);
        bytes += sizeOf(message) + sizeOf(answer!);
        rounds += 1;
        const [next, haveIds, needIds] = await mine.reconcile(answer!);
        have += haveIds.length;
        need += needIds.length;
        message = next;
      }
      checkFound(have, need, difference);
      return { bytes, rounds, ms: threadMs() - start };
    },
  };
}

/** Text stands for bytes in hexadecimal. */
function sizeOf(message: string | Uint8Array): number {
  return typeof message === 'string' ? message.length / 2 : message.length;
}

function sets(
  count: number,
  difference: number,
): Readonly<Record<'here' | 'there', Uint8Array>> &
  Readonly<Record<'hereKeys' | 'thereKeys', readonly Uint8Array[]>> {
  const half = difference / 2;
  const common = Array.from({ length: count - half }, (_, i) => digestOf(i, 0));
  const side = (number: number): readonly Uint8Array[] =>
    [...common, ...Array.from({ length: half }, (_, i) => digestOf(i, number))].toSorted(compare);
  const [hereKeys, thereKeys] = [side(1), side(2)];
  return { here: joined(hereKeys), there: joined(thereKeys), hereKeys, thereKeys };
}

function joined(keys: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(keys.length * 32);
  for (const [i, key] of keys.entries()) bytes.set(key, i * 32);
  return bytes;
}

function digestOf(n: number, kind: number): Uint8Array {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, n);
  bytes[4] = kind;
  return nativeHash.blake3(bytes);
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
