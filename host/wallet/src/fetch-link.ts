/** The link of a registry's version, in pieces, from a node. */

import { decodeLink, linkBytesMax, registryPiece, type RegistryLink } from '@dsm/availability';
import { NodeError, type NodeApi } from '@dsm/ports';
import { concat, decodeWith } from '@dsm/primitive';

/** Undefined if the node has none. Rejects with `NodeError` if what it hands out makes no sense. */
export async function fetchLink(node: NodeApi, version: number): Promise<RegistryLink | undefined> {
  const pieces: Uint8Array[] = [];
  let [length, total] = [0, 1];
  while (length < total) {
    const [answer] = await node.ask([{ type: 'registry', version, offset: length }]);
    if (answer?.type !== 'ok') return undefined;
    const piece = decodeWith(registryPiece, answer.body);
    const isBad =
      piece === undefined ||
      piece.bytes.length === 0 ||
      piece.total > linkBytesMax ||
      piece.version !== version;
    if (isBad) throw new NodeError('refused', 'the node hands out no piece of a registry');
    total = piece.total;
    pieces.push(piece.bytes);
    length += piece.bytes.length;
  }
  return decodeLink(concat(...pieces));
}
