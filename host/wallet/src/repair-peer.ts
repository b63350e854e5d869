/** A node as a repair agent sees it: what it answers, whether it is silent, and what it cost. */

import { nodeRequest, type NodeAnswer, type NodeRequest } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import { limits, type RegistryNode } from '@dsm/primitive';

/** Bytes both ways, frames included. */
export interface Traffic {
  sent: number;
  received: number;
}

export interface Peer {
  /** In the registry; nodes that have left it come behind. */
  readonly index: number;
  readonly node: RegistryNode;
  readonly isSilent: () => boolean;
  /** The answers, in order; undefined where the node is silent, which it then stays. */
  readonly ask: (requests: readonly NodeRequest[]) => Promise<readonly (NodeAnswer | undefined)[]>;
}

/** After so many failures in a row a node counts as silent. */
const attemptsMax = 3;

/** The body of a good answer. */
export function bodyOf(answer: NodeAnswer | undefined): Uint8Array | undefined {
  return answer?.type === 'ok' ? answer.body : undefined;
}

export function peer(
  index: number,
  node: RegistryNode,
  api: NodeApi | undefined,
  traffic: Traffic,
): Peer {
  let silent = api === undefined;
  const attempt = async (
    requests: readonly NodeRequest[],
  ): Promise<readonly NodeAnswer[] | undefined> => {
    for (const request of requests) traffic.sent += sizeOf(request);
    try {
      const answers = await api!.ask(requests);
      if (answers.length !== requests.length) return undefined;
      for (const answer of answers) traffic.received += answerSize(answer);
      return answers;
    } catch {
      return undefined;
    }
  };
  /** Whatever is asked may be asked twice. */
  const askSome = async (
    requests: readonly NodeRequest[],
  ): Promise<readonly (NodeAnswer | undefined)[]> => {
    for (let i = 0; i < attemptsMax && !silent; i++) {
      const answers = await attempt(requests);
      if (answers !== undefined) return answers;
    }
    silent = true;
    return requests.map(nothing);
  };
  return {
    index,
    node,
    isSilent: () => silent,
    ask: async (requests) => {
      const answers: (NodeAnswer | undefined)[] = [];
      for (let from = 0; from < requests.length; from += limits.framesMax) {
        answers.push(...(await askSome(requests.slice(from, from + limits.framesMax))));
      }
      return answers;
    },
  };
}

function nothing(): undefined {
  return undefined;
}

const frameBytes = 4;
const putBytes = 64;

function sizeOf(request: NodeRequest): number {
  if (request.type === 'put') return request.bytes.length + putBytes;
  return nodeRequest.encode(request).length + frameBytes;
}

/** Frame, version, kind, tag, and a length where there is a body. */
function answerSize(answer: NodeAnswer): number {
  return answer.type === 'ok' ? answer.body.length + 11 : 7;
}
