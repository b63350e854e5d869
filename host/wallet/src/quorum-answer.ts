/** Believing a node about a slot: only what its vote and the writer's signatures prove. */

import { samePlace } from '@dsm/availability';
import {
  address as addressOf,
  authorisationCoder,
  authorises,
  encodeWith,
  keyOf,
  slotKey,
  slotState,
  verifyVote,
  type Authorisation,
  type Registry,
  type SlotPlace,
  type SlotState,
  type SlotValue,
  type Vote,
} from '@dsm/primitive';

/**
 * address        an object that is not the one asked for
 * possession     a digest of an object that is none of its bytes
 * malformed      bytes that are no slot state
 * place          the state of another slot
 * vote           none by this node for the first value, one of another registry, or one of a slot
 *                that is not frozen
 * repeated       one value twice
 * authorisation  a value that the slot's writer has not signed
 */
export type Fault =
  | 'address'
  | 'possession'
  | 'malformed'
  | 'place'
  | 'vote'
  | 'repeated'
  | 'authorisation';

/** What a node did that no honest node does. */
export interface NodeFault {
  /** Index of the node in the registry. */
  readonly node: number;
  readonly fault: Fault;
}

/** What a node says about a slot and can prove; no values if the slot is free there. */
export interface SlotAnswer {
  readonly node: number;
  readonly vote?: Vote;
  readonly values: readonly SlotValue[];
}

/** The answer of node `index` in `bytes`, or undefined after telling its fault. */
export type SlotReader = (
  index: number,
  place: SlotPlace,
  bytes: Uint8Array,
) => SlotAnswer | undefined;

/** Reads answers under a registry; what a signature says is remembered while it is asked for again. */
export function slotReader(registry: Registry, onFault: (fault: NodeFault) => void): SlotReader {
  const isAuthorised = authorisationCheck(registry.network);
  return (index, place, bytes) => {
    const decoded = slotState.decode(bytes);
    const fault = decoded.ok ? faultOf(decoded.value, place, index) : 'malformed';
    if (!decoded.ok || fault !== undefined) {
      onFault({ node: index, fault: fault ?? 'malformed' });
      return undefined;
    }
    const { vote, values } = decoded.value;
    return { node: index, ...(vote && { vote }), values };
  };

  function faultOf(state: SlotState, place: SlotPlace, index: number): Fault | undefined {
    if (!samePlace(state.place, place)) return 'place';
    const { vote, values } = state;
    if (new Set(values.map(({ value }) => keyOf(value))).size < values.length) return 'repeated';
    const slot = { key: slotKey(place), value: values[0]!.value };
    // Without a vote the slot is frozen between several values that were taken over.
    if (vote === undefined ? values.length < 2 : vote.version !== registry.version) return 'vote';
    if (vote !== undefined && !verifyVote(registry, index, slot, vote)) return 'vote';
    const isProven = values.every((one) => isAuthorised(place, one.value, one.authorisation));
    return isProven ? undefined : 'authorisation';
  }
}

type AuthorisationCheck = (place: SlotPlace, value: Uint8Array, by: Authorisation) => boolean;

const rememberedMax = 256;

/** Honest nodes hand out one signature four times: it is verified once. */
function authorisationCheck(network: Uint8Array): AuthorisationCheck {
  const known = new Set<string>();
  return (place, value, by) => {
    const bytes = encodeWith(authorisationCoder, by);
    const claim = keyOf(slotKey(place)) + keyOf(value) + keyOf(addressOf(bytes));
    if (known.has(claim)) return true;
    if (!authorises(network, place, value, by)) return false;
    if (known.size >= rememberedMax) known.clear();
    known.add(claim);
    return true;
  };
}
