/** The storage plane for data of one's own: put, get, release, advertise, find. */

import {
  advertisement,
  advertisementDigest,
  advertisementKey,
  advertisementPage,
  advertiser,
  foundCoder,
  manifest,
  objectClasses,
  placement,
  release as releaseObject,
  releaseDigest,
  withoutEnd,
  type Terms,
} from '@dsm/availability';
import type { NodeAnswer, NodeRequest } from '@dsm/availability';
import { decodeWith, equal, hash, keyOf, kinds, utf8, type Kind, type Suite } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import { fetchWhole, publishWhole } from './large-objects.ts';
import { mine } from './engine.ts';
import { offering } from './subscribing.ts';
import type { Found, PutOptions, StorageActions } from './storage-api.ts';
import { idBytes, idText } from './text.ts';

const getBytesMax = 67_108_864;

export function storageActions(engine: Engine): StorageActions {
  const { quorum } = engine;
  return {
    ...offering(engine),
    put: async (bytes, options = {}) => {
      const terms = termsOf(engine, options);
      const { signal, onProgress } = options;
      const done = await publishWhole(quorum, bytes, {
        terms,
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      });
      return { address: idText('object', done.address), available: done.available };
    },
    get: async (address, max = getBytesMax) => {
      const bytes = await fetchWhole(quorum, addressOf(address), max);
      if (bytes === undefined) throw new DsmError('not-found', `no node hands out ${address}`);
      return bytes;
    },
    available: async (address) => quorum.available(addressOf(address)),
    release: async (address) => releaseWhole(engine, addressOf(address)),
    advertise: async (topic, body, until) => advertise(engine, topicOf(engine, topic), body, until),
    find: async (topic) => find(engine, topicOf(engine, topic)),
  };
}

function addressOf(text: string): Uint8Array {
  const address = idBytes('object', text);
  if (address === undefined) throw new DsmError('usage', `"${text}" is no address of an object`);
  return address;
}

/** Only these two networks' topics are alike if network and text are. */
function topicOf({ model }: Engine, topic: string): Uint8Array {
  return hash('topic', model.device.network, utf8(topic));
}

function termsOf(engine: Engine, { class: kind, until, releasable }: PutOptions): Terms {
  return {
    class: objectClasses[kind ?? 'transition'],
    until: until ?? withoutEnd,
    owner: releasable === false ? undefined : mine(engine).key,
  };
}

interface Signed {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

function signed({ keys, model }: Engine, kind: Kind, digest: Uint8Array): Signed {
  const { suite, network } = model.device;
  const pair = keys.working();
  return {
    suite,
    publicKey: pair.publicKey,
    signature: signAs(pair, kind, suite, network, digest),
  };
}

/** The object, or its manifest and all chunks. */
async function releaseWhole(engine: Engine, address: Uint8Array): Promise<number> {
  const bytes = await engine.quorum.fetch(address);
  const decoded = bytes === undefined ? undefined : manifest.decode(bytes);
  const all = [...(decoded?.ok === true ? decoded.value.chunks : []), address];
  let heard = 0;
  for (const one of all) {
    const digest = releaseDigest(engine.model.device.network, one);
    const said = releaseObject.encode({ address: one, ...signed(engine, kinds.release, digest) });
    heard = await told(engine, one, { type: 'release', bytes: said });
  }
  return heard;
}

async function advertise(
  engine: Engine,
  topic: Uint8Array,
  body: Uint8Array,
  until: number,
): Promise<number> {
  const { key } = mine(engine);
  const before = (await find(engine, topic)).find(({ writer }) => equal(writer, key));
  const said = { topic, sequence: (before?.sequence ?? 0) + 1, until, body };
  const digest = advertisementDigest(engine.model.device.network, said);
  const bytes = advertisement.encode({ ...said, ...signed(engine, kinds.advertisement, digest) });
  const heard = await told(engine, topic, { type: 'advertise', bytes });
  if (heard === 0) throw new DsmError('offline', 'no node keeps the advertisement');
  return heard;
}

/** Each writer's newest, as any of the topic's nodes shows it. */
async function find(engine: Engine, topic: Uint8Array): Promise<readonly Found[]> {
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
  for (;;) {
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
    if ((page?.length ?? 0) < advertisementPage || all.length === before) return all;
  }
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
async function told(engine: Engine, address: Uint8Array, request: NodeRequest): Promise<number> {
  const answers = await Promise.all(
    nodesOf(engine, address).map((index) => engine.quorum.ask(index, request)),
  );
  return answers.filter((answer: NodeAnswer | undefined) => answer?.type === 'ok').length;
}
