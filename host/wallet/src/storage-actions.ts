/** The storage plane for data of one's own: put, get, release, advertise, find. */

import {
  manifest,
  objectClasses,
  release as releaseObject,
  releaseDigest,
  withoutEnd,
  type Terms,
} from '@dsm/availability';
import { hash, kinds, utf8, type Kind, type Suite } from '@dsm/primitive';
import { advertise, findAdverts, told, workingWriter } from './advertising.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import { fetchWhole, publishWhole } from './large-objects.ts';
import { mine } from './engine.ts';
import { offering } from './subscribing.ts';
import type { PutOptions, StorageActions } from './storage-api.ts';
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
    advertise: async (topic, body, until) =>
      advertise(engine, workingWriter(engine), { topic: topicOf(engine, topic), body, until }),
    find: async (topic) => findAdverts(engine, topicOf(engine, topic)),
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
