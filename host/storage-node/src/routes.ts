/**
 * The routes of a node's HTTP interface, as a function from a request to an answer. It knows no
 * sockets: `http.ts` serves it, and `exchange.ts` the one route that is a stream.
 */

import { fromName } from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import { address as addressOf, equal, limits, registry, slotKey, slotWrite } from '@dsm/primitive';
import type { Call } from './call.ts';
import { healthReply, readyReply } from './health.ts';
import { metricsType } from './metrics.ts';
import type { StorageNode } from './node.ts';
import { objectReply } from './object-reply.ts';
import { openapi } from './openapi.ts';
import {
  answerReply,
  bytesReply,
  emptyReply,
  jsonReply,
  problemReply,
  textReply,
  type Reply,
} from './reply.ts';

/** What a route does with what its path names. */
export interface Route {
  /** The path as the metrics name it. */
  readonly label: string;
  readonly get?: (named: Named, header: Call['header']) => Promise<Reply>;
  readonly put?: (name: Uint8Array, body: Uint8Array) => Promise<Reply>;
  /** The largest body that `put` takes. */
  readonly bodyBytesMax?: number;
  /** The route is an exchange. */
  readonly isExchange?: true;
}

export interface Named {
  readonly name: Uint8Array;
  readonly version: number;
}

/** The routes of the node, found by path. */
export interface Routes {
  readonly find: (path: string) => FoundRoute | 'name' | undefined;
}

export interface FoundRoute {
  readonly route: Route;
  readonly named: Named;
}

/** What only the server knows. */
export interface Surroundings {
  readonly isClosing: () => boolean;
  readonly metricsText: () => string;
}

const nothing: Named = { name: new Uint8Array(0), version: 0 };

export function routesOf(node: StorageNode, surroundings: Surroundings): Routes {
  const plain = new Map(plainRoutes(node, surroundings).map((route) => [route.label, route]));
  const [objects, slots, versions] = [objectRoute(node), slotRoute(node), versionRoute(node)];
  return {
    find: (path) => {
      const exact = plain.get(path);
      if (exact !== undefined) return { route: exact, named: nothing };
      const [, shelf, text = ''] = /^\/v1\/(objects|slots|registry)\/([^/]*)$/.exec(path) ?? [];
      if (shelf === undefined) return undefined;
      if (shelf === 'registry') {
        const isNumber = /^[1-9]\d{0,9}$/.test(text) && Number(text) <= 0xffffffff;
        return isNumber
          ? { route: versions, named: { ...nothing, version: Number(text) } }
          : 'name';
      }
      const name = fromName(text);
      const route = shelf === 'objects' ? objects : slots;
      return name === undefined ? 'name' : { route, named: { ...nothing, name } };
    },
  };
}

function plainRoutes(node: StorageNode, around: Surroundings): readonly Route[] {
  const registryReply = async (): Promise<Reply> => {
    const known = node.standing();
    return known === undefined
      ? problemReply('absent')
      : bytesReply(registry.encode(known), 'no-cache');
  };
  const commitReply = async (): Promise<Reply> => {
    const [answer] = await node.ask([{ type: 'byte-commit', sequence: undefined }]);
    return answerReply(answer!, (body) => bytesReply(body, 'no-cache'));
  };
  return [
    { label: '/v1/exchange', isExchange: true },
    { label: '/v1/registry', get: registryReply },
    { label: '/v1/byte-commit', get: commitReply },
    { label: '/healthz', get: async () => healthReply(node, around.isClosing()) },
    { label: '/readyz', get: async () => readyReply(node, around.isClosing()) },
    { label: '/metrics', get: async () => textReply(metricsType, around.metricsText()) },
    { label: '/openapi.json', get: async () => jsonReply(200, openapi) },
  ];
}

function versionRoute(node: StorageNode): Route {
  return {
    label: '/v1/registry/{version}',
    get: async ({ version }) => {
      const known = node.registries()?.at(version);
      return known === undefined
        ? problemReply('absent')
        : bytesReply(registry.encode(known), 'public, max-age=31536000, immutable');
    },
  };
}

function objectRoute(node: StorageNode): Route {
  return {
    label: '/v1/objects',
    bodyBytesMax: limits.objectBytesMax,
    get: async ({ name }, header) => {
      const bytes = await node.getObject(name);
      return bytes === undefined ? problemReply('absent') : objectReply(name, bytes, header);
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
    get: async ({ name }) => {
      const state = await node.readSlot(name);
      return state === undefined ? problemReply('absent') : bytesReply(state, 'no-store');
    },
    put: async (name, body) => {
      const decoded = slotWrite.decode(body);
      if (!decoded.ok)
        return problemReply('refused', `the bytes are no slot write: ${decoded.refusal}`);
      if (!equal(slotKey(decoded.value.place), name)) return problemReply('mismatch');
      return bytesReply(await node.writeSlot(body), 'no-store');
    },
  };
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
