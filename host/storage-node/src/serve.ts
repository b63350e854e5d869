/** What a node does with a request: one row of a table for each kind. */

import { byteCommit, claimsCoder, type NodeAnswer, type NodeRequest } from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import { encodeWith, u32 } from '@dsm/primitive';
import type { Adverts } from './adverts.ts';
import type { Commits } from './commits.ts';
import type { Comparison } from './compare.ts';
import type { Evolution } from './evolution.ts';
import type { Objects } from './objects.ts';
import type { Proofs } from './proofs.ts';
import type { Quotas } from './quotas.ts';
import type { Slots } from './slots.ts';

export interface Services {
  readonly objects: Objects;
  readonly slots: Slots;
  readonly adverts: Adverts;
  readonly quotas: Quotas;
  readonly commits: Commits;
  readonly proofs: Proofs;
  readonly comparison: Comparison;
  readonly evolution: Evolution;
}

type Serve = (request: NodeRequest) => Promise<NodeAnswer>;
type Table = {
  readonly [K in NodeRequest['type']]?: (
    request: Extract<NodeRequest, { readonly type: K }>,
  ) => Promise<NodeAnswer>;
};

/** Answers everything that the node's services can; never rejects but for a fault of the program. */
export function server(services: Services): Serve {
  const table: Table = {
    ...objectRows(services),
    ...slotRows(services),
    ...otherRows(services),
    ...commitRows(services),
    ...versionRows(services),
  };
  return async (request) => {
    const serve = table[request.type] as Serve | undefined;
    if (serve === undefined) return { type: 'refused', sentence: 'this node does not serve that' };
    try {
      return await serve(request);
    } catch (error) {
      return failed(error);
    }
  };
}

function objectRows({ objects }: Services): Table {
  return {
    put: async ({ bytes, terms }) => {
      await objects.put(bytes, terms);
      return ok(none);
    },
    get: async ({ address }) => found(await objects.get(address)),
    has: async ({ address }) => {
      const size = await objects.sizeOf(address);
      return found(size === undefined ? undefined : encodeWith(u32, size));
    },
    terms: async ({ address }) => {
      const claims = await objects.terms(address);
      return found(claims === undefined ? undefined : encodeWith(claimsCoder, claims));
    },
    release: async ({ bytes }) => {
      await objects.release(bytes);
      return ok(none);
    },
    possess: async ({ nonce, address }) => found(await objects.possess(nonce, address)),
  };
}

function slotRows({ slots }: Services): Table {
  return {
    'write-slot': async ({ write }) => ok(await slots.write(write)),
    'read-slot': async ({ key }) => found(await slots.read(key)),
  };
}

function otherRows({ adverts, quotas }: Services): Table {
  return {
    advertise: async ({ bytes }) => {
      await adverts.put(bytes);
      return ok(none);
    },
    find: async ({ topic, after }) => ok(await adverts.find(topic, after)),
    subscribe: async ({ bytes }) => {
      await quotas.subscribe(bytes);
      return ok(none);
    },
    charge: async ({ bytes }) => {
      quotas.allow(bytes);
      return ok(none);
    },
  };
}

function commitRows({ commits, proofs, comparison }: Services): Table {
  return {
    'byte-commit': async ({ sequence }) => {
      const signed = sequence === undefined ? commits.newest() : await commits.at(sequence);
      return found(signed === undefined ? undefined : byteCommit.encode(signed));
    },
    prove: async ({ map, key }) => ok(await proofs.prove(map, key)),
    bucket: async ({ map, bucket, after }) => ok(await proofs.bucket(map, bucket, after)),
    'bucket-at': async ({ map, point }) => found(await proofs.bucketAt(map, point)),
    ranges: async (request) => ok(await comparison.ranges(request)),
    symbols: async (request) => ok(await comparison.symbols(request)),
    list: async (request) => ok(await comparison.list(request)),
  };
}

function versionRows({ evolution }: Services): Table {
  return {
    registry: async ({ version, offset }) => found(await evolution.piece(version, offset)),
    signal: async () => ok(await evolution.signal()),
    'signal-of': async ({ id }) => found(await evolution.relayed(id)),
    signing: async () => ok(await evolution.record()),
    endorse: async (asked) => ok(await evolution.endorse(asked)),
    commit: async (asked) => ok(await evolution.commit(asked)),
    succeed: async (asked) => {
      await evolution.succeed(asked);
      return ok(none);
    },
    close: async ({ version }) => found(await evolution.closeOf(version)),
    votes: async ({ version, group, after }) => ok(await evolution.votes(version, group, after)),
  };
}

const none = new Uint8Array(0);

function ok(body: Uint8Array): NodeAnswer {
  return { type: 'ok', body };
}

function found(body: Uint8Array | undefined): NodeAnswer {
  return body === undefined ? { type: 'absent' } : { type: 'ok', body };
}

/** The failures of a node as answers. A disk that failed is no answer about what is kept. */
function failed(error: unknown): NodeAnswer {
  if (!(error instanceof NodeError)) throw error;
  switch (error.code) {
    case 'full':
      return { type: 'full' };
    case 'unpaid':
      return { type: 'unpaid' };
    case 'refused':
      return { type: 'refused', sentence: error.message.slice(0, 200) };
    case 'unreachable':
      return { type: 'later' };
  }
}
