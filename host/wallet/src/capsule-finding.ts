/**
 * Finding capsules at the nodes: the newest that is certified, and the way back to its base.
 *
 * A capsule is certified before the next one is sent, so certified ones have no gap, and the newest is
 * found by doubling and halving. It names those before it; one in 64 leads to all the others.
 */

import {
  capsulePosition,
  firstLink,
  readCapsule,
  startReading,
  type CapsuleReading,
  type OpenBox,
} from '@dsm/identity';
import { slotKinds, type SlotPlace } from '@dsm/primitive';
import type { CapsulesRestored, RestoreProgress } from './capsules-api.ts';
import { applyCapsules, openerOf, refusalOf } from './capsule-restoring.ts';
import { DsmError } from './errors.ts';
import type { Quorum } from './quorum.ts';
import type { Aead, Store } from '@dsm/ports';

/** Objects that are fetched at a time: bounds memory. */
const windowMax = 8;

export interface NodesReading {
  /** Empty, or what a restore that was cut has left. */
  readonly store: Store;
  readonly quorum: Pick<Quorum, 'readSlot' | 'writeSlot' | 'fetch'>;
  readonly aead: Aead;
  /** Replicas of a slot, as the registry says. */
  readonly replicas: number;
  readonly device: Uint8Array;
  readonly incarnation: number;
  /** Undefined: the capsules say themselves whose tree the device belongs to. */
  readonly genesis?: Uint8Array;
  /** Digest of the incarnation’s capsule key, and the secret that capsules are sealed under. */
  readonly writer: Uint8Array;
  readonly capsuleSecret: Uint8Array;
  /** The secret to keep in the row of the wallet, if no keystore holds it. */
  readonly secret?: Uint8Array;
  /** Go back to an older capsule where the newest is handed out by nobody, or does not open. */
  readonly older?: boolean;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/**
 * All rows of an incarnation as the newest certified capsule has them. The store holds a restored
 * wallet then. Undefined if the nodes hold nothing whole.
 */
export async function readFromNodes(options: NodesReading): Promise<CapsulesRestored | undefined> {
  const found = await newestCertified(options);
  if (found === undefined) return undefined;
  const open = openerOf(options.aead, options.capsuleSecret);
  const whole = await newestToRead(options, open, found);
  if (whole === undefined) return undefined;
  const names = await namesFrom(options, open, whole);
  const of = names.length;
  let capsules = 0;
  const applied = await applyCapsules(inOrder(options, names), {
    store: options.store,
    open,
    start: reading(options),
    newest: whole.counter,
    secret: options.secret,
    onCapsule: (so) => options.onProgress?.({ capsules: (capsules += 1), of, ...so }),
  });
  return {
    incarnation: options.incarnation,
    base: whole.base,
    newest: whole.counter,
    certified: found.counter,
    ...applied,
    answers: found.answers,
    of: options.replicas,
  };
}

function reading({ device, incarnation, genesis }: NodesReading): CapsuleReading {
  return startReading(device, incarnation, genesis);
}

function placeOf(options: NodesReading, counter: number): SlotPlace {
  const { device, incarnation, writer } = options;
  const position = capsulePosition(device, incarnation, counter);
  return { kind: slotKinds.capsule, writer, position };
}

interface Newest {
  readonly counter: number;
  readonly name: Uint8Array;
  /** Nodes that have nothing after it. */
  readonly answers: number;
}

type Certified =
  | { readonly type: 'certified'; readonly name: Uint8Array }
  | { readonly type: 'free'; readonly answers: number };

async function newestCertified(options: NodesReading): Promise<Newest | undefined> {
  const seen = new Map<number, Certified>();
  const at = async (counter: number): Promise<Certified> => {
    const known = seen.get(counter) ?? (await certifiedAt(options, counter));
    seen.set(counter, known);
    return known;
  };
  let [has, lacks] = [-1, 0];
  while ((await at(lacks)).type === 'certified') {
    has = lacks;
    lacks = 2 * lacks + 1;
  }
  while (lacks - has > 1) {
    const middle = Math.floor((has + lacks) / 2);
    if ((await at(middle)).type === 'certified') has = middle;
    else lacks = middle;
  }
  const [last, after] = [seen.get(has), seen.get(lacks)];
  if (last?.type !== 'certified' || after?.type !== 'free') return undefined;
  return { counter: has, name: last.name, answers: after.answers };
}

/** A value that has not got its votes yet is completed: its writer has authorised it. */
async function certifiedAt(options: NodesReading, counter: number): Promise<Certified> {
  const { quorum } = options;
  const place = placeOf(options, counter);
  const found = await quorum.readSlot(place);
  if (found.type === 'free') return found;
  if (found.type === 'undecided') throw tooFew();
  if (found.certificate !== undefined) return { type: 'certified', name: found.certificate.value };
  for (const { value, authorisation } of found.values) {
    const written = { place, value, authorisation, hint: value, certificate: undefined };
    const outcome = await quorum.writeSlot(written);
    if (outcome.type === 'certified') return { type: 'certified', name: value };
    if (outcome.type === 'undecided') throw tooFew();
    if (outcome.certificate !== undefined) {
      return { type: 'certified', name: outcome.certificate.value };
    }
  }
  // Votes are split between copies of the device: nothing is certified here, nor behind it.
  return { type: 'free', answers: 0 };
}

function tooFew(): DsmError {
  return new DsmError('offline', 'too few nodes answer to find the newest capsule');
}

interface Whole {
  readonly counter: number;
  readonly base: number;
  readonly name: Uint8Array;
  readonly links: readonly Uint8Array[];
}

/**
 * The newest certified one. If that cannot be read, whoever asks for it gets the newest that can: nodes
 * may have lost it, or a thief who has the keys has filled the slots behind with nothing.
 */
async function newestToRead(
  options: NodesReading,
  open: OpenBox,
  newest: Newest,
): Promise<Whole | undefined> {
  try {
    return await newestWhole(options, open, newest);
  } catch (error) {
    if (options.older !== true || !(error instanceof DsmError)) throw error;
  }
  let [can, cannot]: [Whole | undefined, number] = [undefined, newest.counter];
  for (let from = -1; cannot - from > 1;) {
    const middle = Math.floor((from + cannot) / 2);
    const whole = await readableAt(options, open, middle);
    if (whole === undefined) {
      cannot = middle;
    } else {
      [can, from] = [whole, middle];
    }
  }
  return can;
}

async function readableAt(
  options: NodesReading,
  open: OpenBox,
  counter: number,
): Promise<Whole | undefined> {
  const at = await certifiedAt(options, counter);
  if (at.type === 'free') return undefined;
  try {
    return await newestWhole(options, open, { counter, name: at.name, answers: 0 });
  } catch (error) {
    if (error instanceof DsmError) return undefined;
    throw error;
  }
}

/** Back from the newest to the last one at which the rows are those of one moment. */
async function newestWhole(
  options: NodesReading,
  open: OpenBox,
  newest: Newest,
): Promise<Whole | undefined> {
  let { counter, name } = newest;
  for (;;) {
    const { step, links } = await linksOf(options, open, name);
    if (step.next !== counter + 1) throw refusalOf('previous');
    if (step.whole) {
      return step.base === undefined ? undefined : { counter, base: step.base, name, links };
    }
    const before = links.at(-1);
    if (before === undefined) return undefined;
    [counter, name] = [counter - 1, before];
  }
}

async function linksOf(
  options: NodesReading,
  open: OpenBox,
  name: Uint8Array,
): Promise<{ readonly step: CapsuleReading; readonly links: readonly Uint8Array[] }> {
  const step = readCapsule(reading(options), await fetched(options, name), open);
  if (step.type === 'refused') throw refusalOf(step.refusal);
  return { step: step.reading, links: step.links };
}

async function fetched({ quorum }: NodesReading, name: Uint8Array): Promise<Uint8Array> {
  const bytes = await quorum.fetch(name);
  if (bytes !== undefined) return bytes;
  throw new DsmError(
    'offline',
    'no node that answers hands out a capsule that is certified: ask again, or take an older one',
  );
}

/** The addresses from the base to this one, in order. */
async function namesFrom(
  options: NodesReading,
  open: OpenBox,
  { counter, base, name, links }: Whole,
): Promise<readonly Uint8Array[]> {
  let names = [...links, name];
  for (let first = firstLink(counter); first > base; first = firstLink(first)) {
    names = [...(await linksOf(options, open, names[0]!)).links, ...names];
  }
  return names.slice(base - (counter + 1 - names.length));
}

/** The objects in order, a few under way. */
async function* inOrder(
  options: NodesReading,
  names: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  const under: Promise<Uint8Array>[] = [];
  let next = 0;
  for (let i = 0; i < names.length; i++) {
    while (next < names.length && next - i < windowMax) {
      const coming = fetched(options, names[next]!);
      // Whoever ends the reading early does not wait for those behind.
      coming.catch(() => undefined);
      under.push(coming);
      next += 1;
    }
    yield await under.shift()!;
  }
}
