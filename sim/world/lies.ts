/** Nodes that lie: what a faulty node says instead of the truth. Clients must not believe it. */

import type { NodeAnswer, NodeRequest } from '@dsm/availability';
import type { World } from './world.ts';

/**
 * wrong     other bytes than it was asked for
 * stale     it has never heard of half of what it keeps
 * later     it asks everybody to come later
 * two-faced it votes for whatever it is given: a second node with its keys and no memory answers half
 */
export const lies = ['wrong', 'stale', 'later', 'two-faced'] as const;
export type Lie = (typeof lies)[number];

export function lying(
  world: World,
  lie: Lie,
  request: NodeRequest,
  answer: NodeAnswer,
): NodeAnswer {
  const { random, happened } = world;
  if (lie === 'wrong' && answer.type === 'ok' && answer.body.length > 0 && random.chance(500)) {
    happened('a node answered with wrong bytes');
    const body = answer.body.slice();
    body[random.below(body.length)]! ^= 1 << random.below(8);
    return { type: 'ok', body };
  }
  const looks = request.type === 'get' || request.type === 'read-slot';
  if (lie === 'stale' && looks && random.chance(500)) {
    happened('a node hid what it keeps');
    return { type: 'absent' };
  }
  if (lie === 'later' && random.chance(800)) {
    happened('a node put everybody off');
    return { type: 'later' };
  }
  return answer;
}
