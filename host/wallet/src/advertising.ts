/** Advertisements as a wallet writes and reads them: signed notes under a topic, found at its nodes. */

import {
  advertisement,
  advertisementDigest,
  advertisementKey,
  advertisementPage,
  advertiser,
  foundCoder,
  placement,
  type NodeAnswer,
  type NodeRequest,
} from '@dsm/availability';
import {
  decodeWith,
  equal,
  keyDigest,
  keyOf,
  kinds,
  limits,
  type KeyPair,
  type Suite,
} from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import type { Found } from './storage-api.ts';

/** Who writes an advertisement: the working key, or a pair that is used for nothing else. */
export interface Writer {
  readonly suite: Suite;
  readonly pair: KeyPair;
}

export function workingWriter({ model, keys }: Engine): Writer {
  return { suite: model.device.suite, pair: keys.working() };
}

/** Answers how many nodes keep it; none is a refusal. It replaces what the writer had there. */
export async function advertise(
  engine: Engine,
  { suite, pair }: Writer,
  said: { readonly topic: Uint8Array; readonly body: Uint8Array; readonly until: number },
): Promise<number> {
  const { network } = engine.model.device;
  const { publicKey } = pair;
  const writer = keyDigest(suite, publicKey);
  const before = (await findAdverts(engine, said.topic)).find((one) => equal(one.writer, writer));
  const whole = { ...said, sequence: (before?.sequence ?? 0) + 1 };
  const digest = advertisementDigest(network, whole);
  const signature = signAs(pair, kinds.advertisement, suite, network, digest);
  const bytes = advertisement.encode({ ...whole, suite, publicKey, signature });
  const answers = await answersTo(engine, said.topic, { type: 'advertise', bytes });
  const heard = answers.filter((answer) => answer?.type === 'ok').length;
  if (heard > 0) return heard;
  const refusal = answers.find((answer) => answer?.type === 'refused');
  if (refusal?.type !== 'refused') throw new DsmError('offline', 'no node keeps the advertisement');
  throw new DsmError('refused', `no node keeps the advertisement: ${refusal.sentence}`);
}

/** Each writer's newest, as any of the topic's nodes shows it. */
export async function findAdverts(engine: Engine, topic: Uint8Array): Promise<readonly Found[]> {
  const newest = new Map<string, Found>();
  await Promise.all(
    nodesOf(engine, topic).map(async (index) => {
      for (const one of await foundAt(engine, index, topic)) {
        const known = newest.get(keyOf(one.writer));
        if (known === undefined || known.sequence < one.sequence)
          newest.set(keyOf(one.writer), one);
      }
    }),
  );
  return [...newest.values()];
}

async function foundAt(
  engine: Engine,
  index: number,
  topic: Uint8Array,
): Promise<readonly Found[]> {
  const all: Found[] = [];
  let after: Uint8Array | undefined;
  // A node that makes advertisements up without end is not listened to for longer.
  while (all.length < limits.advertisementsMax) {
    const answer = await engine.quorum.ask(index, { type: 'find', topic, after });
    const page = answer?.type === 'ok' ? decodeWith(foundCoder, answer.body) : undefined;
    const before = all.length;
    for (const bytes of page ?? []) {
      const one = readAdvert(engine, bytes, topic);
      if (one === undefined) continue;
      all.push(one);
      after = advertisementKey(topic, one.writer);
    }
    // A node that repeats itself, or shows nothing that holds, has nothing more to say.
    if ((page?.length ?? 0) < advertisementPage || all.length === before) break;
  }
  return all;
}

function readAdvert(engine: Engine, bytes: Uint8Array, topic: Uint8Array): Found | undefined {
  const decoded = advertisement.decode(bytes);
  if (!decoded.ok || !equal(decoded.value.topic, topic)) return undefined;
  const { body, sequence, until } = decoded.value;
  const writer = advertiser(decoded.value, engine.model.device.network);
  if (writer === undefined || until < engine.registries.newest.version) return undefined;
  return { writer, body, sequence, until };
}

function nodesOf({ registries }: Engine, address: Uint8Array): readonly number[] {
  const { replicas, spill } = placement(registries.newest, address);
  return [...replicas, ...spill];
}

/** Says it to all nodes of an address; answers how many have taken it. */
export async function told(
  engine: Engine,
  address: Uint8Array,
  request: NodeRequest,
): Promise<number> {
  const answers = await answersTo(engine, address, request);
  return answers.filter((answer) => answer?.type === 'ok').length;
}

function answersTo(
  engine: Engine,
  address: Uint8Array,
  request: NodeRequest,
): Promise<readonly (NodeAnswer | undefined)[]> {
  return Promise.all(nodesOf(engine, address).map((index) => engine.quorum.ask(index, request)));
}
