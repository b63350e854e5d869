/** A node whose room costs something: what it refuses as unpaid is charged and said again, once. */

import { usualTerms, type NodeAnswer, type NodeRequest } from '@dsm/availability';
import { NodeError, type NodeApi } from '@dsm/ports';
import { address as addressOf, slotKey, slotWrite } from '@dsm/primitive';

/** What charges these keys to whoever pays; undefined if nobody does. */
export type Charge = (keys: readonly Uint8Array[]) => Promise<Uint8Array | undefined>;

export function paidNode(node: NodeApi, charge: Charge): NodeApi {
  const again = async (
    requests: readonly NodeRequest[],
    first: readonly NodeAnswer[],
  ): Promise<readonly NodeAnswer[]> => {
    const unpaid = requests.filter((_, i) => first[i]?.type === 'unpaid');
    const keys = unpaid.flatMap(keyOfRequest);
    const bytes = keys.length === 0 ? undefined : await charge(keys);
    if (bytes === undefined) return first;
    const [, ...second] = await node.ask([{ type: 'charge', bytes }, ...unpaid]);
    return first.map((answer) => (answer.type === 'unpaid' ? (second.shift() ?? answer) : answer));
  };
  const ask: NodeApi['ask'] = async (requests) => again(requests, await node.ask(requests));
  /** A call that was refused as unpaid, as a request. */
  const orPay = async (call: () => Promise<Uint8Array | void>, request: NodeRequest) => {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof NodeError) || error.code !== 'unpaid') throw error;
      const [answer] = await again([request], [{ type: 'unpaid' }]);
      if (answer?.type !== 'ok') throw error;
      return answer.body;
    }
  };
  return {
    ...node,
    ask,
    putObject: async (bytes) => {
      await orPay(() => node.putObject(bytes), { type: 'put', terms: usualTerms, bytes });
    },
    writeSlot: async (write) =>
      (await orPay(() => node.writeSlot(write), { type: 'write-slot', write })) as Uint8Array,
  };
}

/** What a request is charged by: the address of an object, the key of a slot. */
function keyOfRequest(request: NodeRequest): readonly Uint8Array[] {
  if (request.type === 'put') return [addressOf(request.bytes)];
  if (request.type !== 'write-slot') return [];
  const decoded = slotWrite.decode(request.write);
  return decoded.ok ? [slotKey(decoded.value.place)] : [];
}
