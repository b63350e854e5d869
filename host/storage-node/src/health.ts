/** How a node is, in codes for programs: what keeps it from answering, and what from voting. */

import { nameOf, type NodeRequest } from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import { nodeIndex } from '@dsm/primitive';
import type { HealthReason } from './health-reasons.ts';
import type { StorageNode } from './node.ts';
import { jsonReply, problemReply, type Problem, type Reply } from './reply.ts';

/** Alive: 200 with all reasons that it is not at its best, or the problem that it is not. */
export async function healthReply(node: StorageNode, isClosing: boolean): Promise<Reply> {
  const problem = isClosing ? 'closing' : await faultOf(node);
  if (problem !== undefined) return problemReply(problem);
  const { node: id, status, ...counts } = await node.health();
  const standing = standingProblem(node);
  const reasons: HealthReason[] = status === 'full' ? ['full'] : [];
  if (standing !== undefined) reasons.push(standing);
  const given = reasons.length === 0 ? ['ok'] : reasons;
  return jsonReply(200, { node: nameOf(id), status, reasons: given, ...counts });
}

/** Can vote. */
export async function readyReply(node: StorageNode, isClosing: boolean): Promise<Reply> {
  const problem = isClosing ? 'closing' : ((await faultOf(node)) ?? standingProblem(node));
  return problem === undefined ? jsonReply(200, { ready: true }) : problemReply(problem);
}

const probe: NodeRequest = { type: 'has', address: new Uint8Array(32) };

/** A node that cannot even say that an object is not here has lost its disk, or is closed. */
async function faultOf(node: StorageNode): Promise<Problem | undefined> {
  try {
    const [answer] = await node.ask([probe]);
    return answer?.type === 'later' ? 'disk' : undefined;
  } catch (error) {
    if (error instanceof NodeError) return 'failed';
    throw error;
  }
}

function standingProblem(node: StorageNode): 'no-registry' | 'between-versions' | undefined {
  if (node.standing() !== undefined) return undefined;
  const newest = node.registries()?.newest;
  const isNamed = newest !== undefined && nodeIndex(newest, node.nodeId) >= 0;
  return isNamed ? 'between-versions' : 'no-registry';
}
