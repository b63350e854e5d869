/**
 * What a running node does by itself: it says what it keeps (ByteCommits), repairs what it shares with
 * others, gently, and drops what nobody claims under a new version of the registry. Only when it does so depends on the time; nothing in the protocol does.
 */

import { httpNode, type HttpNode } from '@dsm/node';
import { silentNode, type NodeApi } from '@dsm/ports';
import { equal, type RegistryNode } from '@dsm/primitive';
import type { StorageNode } from '@dsm/storage-node';
import type { Gauges } from '@dsm/storage-node/http';
import { repair } from '@dsm/wallet';
import type { Log } from './log.ts';

export interface CareOptions {
  readonly node: StorageNode;
  readonly reach: Reach;
  readonly repairs: boolean;
  /** Milliseconds from one ByteCommit to the next. */
  readonly commitMs: number;
  readonly tell: Log;
  /** Where it shows what it has done. */
  readonly gauges: Gauges;
}

/** Ways to nodes, one connection pool for each address. */
export interface Reach {
  readonly at: (address: string) => NodeApi;
  readonly close: () => void;
}

/** How often a node looks whether something is due, and compares itself with the others. */
const lookMs = 60_000;
const repairMs = 600_000;
/** A node also commits after so many new objects and slots. */
const changesMax = 10_000;
/** Bytes a second that a node moves to repair. */
const paceBytes = 1_000_000;

export function reachByHttp(): Reach {
  const nodes = new Map<string, HttpNode>();
  return {
    at: (address) => {
      const known = nodes.get(address);
      if (known !== undefined) return known;
      if (URL.parse(address)?.protocol.startsWith('http') !== true) return nowhere;
      const made = httpNode(address);
      nodes.set(address, made);
      return made;
    },
    close: () => {
      for (const node of nodes.values()) node.close();
    },
  };
}

/** What a registry names by something that is no address. */
const nowhere = silentNode('the address of the node is no URL');

/** Goes on until it is stopped, which waits for what is under way. */
export function careFor({ node, reach, repairs, commitMs, tell, gauges }: CareOptions): {
  readonly stop: () => Promise<void>;
} {
  const done = shownAt(gauges);
  const controller = new AbortController();
  const { signal } = controller;
  const since = { commit: 0, repair: 0, records: recordsOf(node), version: 0 };
  const look = async (): Promise<void> => {
    since.commit += lookMs;
    since.repair += lookMs;
    const changed = Math.abs(recordsOf(node) - since.records);
    if (since.commit >= commitMs || changed >= changesMax) {
      [since.commit, since.records] = [0, recordsOf(node)];
      const signed = await node.commitBytes();
      if (signed !== undefined) {
        done.commits += 1;
        tell('committed', { sequence: signed.commit.sequence });
      }
    }
    const version = node.registries()?.newest.version ?? 0;
    if (version > since.version) {
      since.version = version;
      const dropped = await node.sweep(version);
      done.swept += dropped;
      if (dropped > 0) tell('swept', { version, dropped });
    }
    if (repairs && since.repair >= repairMs && node.registries() !== undefined) {
      since.repair = 0;
      await repairOwn(node, reach, signal, tell, done);
    }
  };
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => {
      tell('fault', { message: error instanceof Error ? error.message : 'unknown' });
    });
  }, lookMs);
  return {
    stop: async () => {
      clearInterval(timer);
      controller.abort();
      await looking;
    },
  };
}

/** What was done since the start, for operators. */
interface Done {
  commits: number;
  copied: number;
  bytes: number;
  swept: number;
  /** Objects with fewer copies than r after the last repair. */
  missing: number;
}

function shownAt(gauges: Gauges): Done {
  const done: Done = { commits: 0, copied: 0, bytes: 0, swept: 0, missing: 0 };
  const counter = (name: string, help: string, read: () => number): void =>
    gauges.add({ name: `${name}_total`, help, type: 'counter', read });
  counter('byte_commits', 'ByteCommits made.', () => done.commits);
  counter('repaired_objects', 'Copies that repair has made.', () => done.copied);
  counter('repaired_bytes', 'Bytes of those copies.', () => done.bytes);
  counter('swept_objects', 'Objects dropped because nobody claims them.', () => done.swept);
  gauges.add({
    name: 'repair_missing_objects',
    help: 'Objects with fewer copies than r after the last repair.',
    type: 'gauge',
    read: () => done.missing,
  });
  return done;
}

async function repairOwn(
  node: StorageNode,
  reach: Reach,
  signal: AbortSignal,
  tell: Log,
  done: Done,
): Promise<void> {
  const report = await repair({
    registries: () => node.registries()!,
    reach: ({ id, address }: RegistryNode) => (equal(id, node.nodeId) ? node : reach.at(address)),
    entropy: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    only: node.nodeId,
    budget: { bytesInFlight: paceBytes, pace: pacedBy(paceBytes, signal) },
    signal,
  });
  const { found, copied, bytes, after } = report;
  done.copied += copied;
  done.bytes += bytes;
  done.missing = after.belowR;
  if (found > 0) tell('repaired', { found, copied, bytes, belowR: after.belowR });
}

/** So many bytes a second, or no waiting any more once it is to end. */
export function pacedBy(
  bytesPerSecond: number,
  signal: AbortSignal,
): (bytes: number) => Promise<void> {
  return (bytes) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, (bytes / bytesPerSecond) * 1_000);
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
}

function recordsOf(node: StorageNode): number {
  const { objects, slots } = node.metrics();
  return objects + slots;
}
