/** Other nodes, as a node reaches them: one question, one answer, nothing believed. */

import {
  chunkSize,
  decodeLink,
  linkBytesMax,
  manifest,
  placement,
  registryPiece,
  type NodeAnswer,
  type NodeRequest,
  type RegistryLink,
} from '@dsm/availability';
import { NodeError, type NodeApi } from '@dsm/ports';
import {
  address as addressOf,
  concat,
  decodeWith,
  equal,
  limits,
  type Registry,
} from '@dsm/primitive';

/** A way to the node at an address. */
export type Dial = (address: string) => NodeApi;

/** The body of the answer; undefined if it is absent. Rejects with `NodeError` for every other one. */
export async function askOne(node: NodeApi, request: NodeRequest): Promise<Uint8Array | undefined> {
  const [answer] = await node.ask([request]);
  return answer === undefined ? undefined : bodyOf(answer);
}

function bodyOf(answer: NodeAnswer): Uint8Array | undefined {
  switch (answer.type) {
    case 'ok':
      return answer.body;
    case 'absent':
      return undefined;
    case 'refused':
      throw new NodeError('refused', answer.sentence);
    case 'full':
    case 'unpaid':
      throw new NodeError(answer.type, `the node answers "${answer.type}"`);
    case 'later':
      throw new NodeError('unreachable', 'the node asks to come later');
  }
}

/** The link of a version (0: the newest) as the node hands it out; undefined if it has none. */
export async function fetchLink(node: NodeApi, version: number): Promise<RegistryLink | undefined> {
  const pieces: Uint8Array[] = [];
  let [length, total, asked] = [0, 1, version];
  while (length < total) {
    const body = await askOne(node, { type: 'registry', version: asked, offset: length });
    if (body === undefined) return undefined;
    const piece = decodeWith(registryPiece, body);
    const isBad =
      piece === undefined ||
      piece.bytes.length === 0 ||
      piece.total > linkBytesMax ||
      (asked !== 0 && piece.version !== asked);
    if (isBad) throw new NodeError('refused', 'the node hands out no piece of a registry');
    // The newest may be another one by the next piece.
    [asked, total] = [piece.version, piece.total];
    pieces.push(piece.bytes);
    length += piece.bytes.length;
  }
  return decodeLink(concat(...pieces));
}

/** An object from those that should have it. */
export async function fetchObject(
  dial: Dial,
  registry: Registry,
  address: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { replicas, spill } = placement(registry, address);
  for (const index of [...replicas, ...spill]) {
    try {
      const bytes = await dial(registry.nodes[index]!.address).getObject(address);
      if (bytes !== undefined && equal(addressOf(bytes), address)) return bytes;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
  }
  return undefined;
}

/** The bytes of an object, or those that the manifest at this address names. */
export async function wholeObject(
  address: Uint8Array,
  get: (address: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  const first = await get(address);
  const decoded = first === undefined ? undefined : manifest.decode(first);
  if (decoded?.ok !== true || decoded.value.size > limits.registryBytesMax) return first;
  const pieces: Uint8Array[] = [];
  for (const [index, at] of decoded.value.chunks.entries()) {
    const piece = await get(at);
    if (piece?.length !== chunkSize(decoded.value, index)) return undefined;
    pieces.push(piece);
  }
  return concat(...pieces);
}
