/**
 * The routes of a node's HTTP interface, as a function from a request to an answer. It knows no
 * sockets: `http.ts` serves it.
 */

import { fromName, nameOf } from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import { address as addressOf, equal, limits, registry, slotKey, slotWrite } from '@dsm/primitive';
import { metricsText, metricsType, type RequestCounts } from './metrics.ts';
import type { StorageNode } from './node.ts';
import { openapi } from './openapi.ts';
import { bytesReply, emptyReply, jsonReply, problemReply, textReply, type Reply } from './reply.ts';

/** What a route does with a name from the path and a body. */
type Serve = (name: Uint8Array, body: Uint8Array) => Promise<Reply>;

export interface Route {
  /** The path as the metrics name it. */
  readonly label: string;
  readonly get: Serve;
  readonly put?: Serve;
  /** The largest body that `put` takes. */
  readonly bodyBytesMax?: number;
}

/** The routes of the node, found by path. */
export interface Routes {
  readonly find: (path: string) => FoundRoute | 'name' | undefined;
}

export interface FoundRoute {
  readonly route: Route;
  readonly name: Uint8Array;
}

/** An object never changes under its address. */
const forEver = 'public, max-age=31536000, immutable';
const noName = new Uint8Array(0);

export function routesOf(node: StorageNode, requests: RequestCounts): Routes {
  const named: Readonly<Record<string, Route>> = {
    objects: objectRoute(node),
    slots: slotRoute(node),
  };
  const plain: Readonly<Record<string, Route>> = {
    '/v1/registry': { label: '/v1/registry', get: async () => registryReply(node) },
    '/healthz': { label: '/healthz', get: async () => healthReply(node) },
    '/readyz': { label: '/readyz', get: async () => readyReply(node) },
    '/metrics': {
      label: '/metrics',
      get: async () => textReply(metricsType, metricsText(node.metrics(), requests)),
    },
    '/openapi.json': { label: '/openapi.json', get: async () => jsonReply(200, openapi) },
  };
  return {
    find: (path) => {
      if (Object.hasOwn(plain, path)) return { route: plain[path]!, name: noName };
      const [, shelf = '', text = ''] = /^\/v1\/(objects|slots)\/([^/]*)$/.exec(path) ?? [];
      if (!Object.hasOwn(named, shelf)) return undefined;
      const name = fromName(text);
      return name === undefined ? 'name' : { route: named[shelf]!, name };
    },
  };
}

function objectRoute(node: StorageNode): Route {
  return {
    label: '/v1/objects',
    bodyBytesMax: limits.objectBytesMax,
    get: async (name) => {
      const bytes = await node.getObject(name);
      return bytes === undefined ? problemReply('absent') : bytesReply(200, bytes, forEver);
    },
    put: async (name, body) => {
      if (!equal(addressOf(body), name)) return problemReply('mismatch');
      const kept = await node.keepObject(body);
      return emptyReply(kept === 'new' ? 201 : 200);
    },
  };
}

function slotRoute(node: StorageNode): Route {
  return {
    label: '/v1/slots',
    bodyBytesMax: limits.slotWriteBytesMax,
    get: async (name) => {
      const state = await node.readSlot(name);
      return state === undefined ? problemReply('absent') : bytesReply(200, state, 'no-store');
    },
    put: async (name, body) => {
      const decoded = slotWrite.decode(body);
      if (!decoded.ok)
        return problemReply('refused', `the bytes are no slot write: ${decoded.refusal}`);
      if (!equal(slotKey(decoded.value.place), name)) return problemReply('mismatch');
      return bytesReply(200, await node.writeSlot(body), 'no-store');
    },
  };
}

function registryReply(node: StorageNode): Reply {
  const known = node.standing();
  if (known === undefined) return problemReply('absent');
  return bytesReply(200, registry.encode(known), 'no-cache');
}

async function healthReply(node: StorageNode): Promise<Reply> {
  const health = await node.health();
  return jsonReply(200, { ...health, node: nameOf(health.node) });
}

async function readyReply(node: StorageNode): Promise<Reply> {
  await node.health();
  return node.standing() === undefined ? problemReply('unready') : jsonReply(200, { ready: true });
}

/** A failure of the node as an answer. A programmer's fault stays one. */
export function failureReply(error: unknown): Reply {
  if (!(error instanceof NodeError)) throw error;
  switch (error.code) {
    case 'full':
      return problemReply('full', error.message);
    case 'refused':
      return problemReply('refused', error.message);
    case 'unpaid':
      return problemReply('unpaid', error.message);
    case 'unreachable':
      return problemReply('failed');
  }
}
