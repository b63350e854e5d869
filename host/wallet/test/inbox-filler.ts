/** What anybody can leave in a topic of the directory, for tests. */

import assert from 'node:assert/strict';
import { advertisement, advertisementDigest } from '@dsm/availability';
import { invitation, type InvitationBody } from '@dsm/identity';
import { kinds, signatureContext, signatures } from '@dsm/primitive';
import { idBytes } from '../src/text.ts';
import type { TestNetwork } from './world.ts';

export async function bytesAt(network: TestNetwork, text: string): Promise<Uint8Array> {
  for (const node of network.nodes) {
    const bytes = await node.getObject(idBytes('invitation', text)!).catch(() => undefined);
    if (bytes !== undefined) return bytes;
  }
  throw new Error(`no node has ${text}`);
}

export function decoded(bytes: Uint8Array): InvitationBody {
  const found = invitation.decode(bytes);
  assert.ok(found.ok);
  return found.value.body;
}

/** An advertisement in a topic by a key of its own, as anybody can make one. */
export async function leave(
  { nodes, registry }: TestNetwork,
  topic: Uint8Array,
  body: Uint8Array,
  n: number,
): Promise<void> {
  const pair = signatures().keyPair('ml-dsa-65', new Uint8Array(32).fill(100 + n));
  const said = { topic, sequence: 1, until: 9, body };
  const digest = advertisementDigest(registry.network, said);
  const context = signatureContext(kinds.advertisement, 1, registry.network);
  const signature = signatures().sign(pair.secretKey, digest, context);
  const bytes = advertisement.encode({ ...said, suite: 1, publicKey: pair.publicKey, signature });
  for (const node of nodes) await node.ask([{ type: 'advertise', bytes }]);
}
