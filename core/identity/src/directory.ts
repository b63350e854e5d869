/**
 * The directory: where published devices are found, and what a listing says.
 *
 *     topic of a name      = H_directory( network ‖ 1 ‖ name, framed )
 *     topic of a device    = H_directory( network ‖ 2 ‖ DevID )
 *     topic of a genesis   = H_directory( network ‖ 3 ‖ genesis )
 *     inbox of an invitation = H_directory( network ‖ 4 ‖ H_invitation( KEM key ) )
 *
 * A listing is the body of an advertisement that the device’s working key has signed. Anybody may
 * list any name: a name proves nothing, and whoever looks for one is shown everybody who claims it.
 */

import {
  bytes32,
  encodeWith,
  hash,
  kinds,
  limits,
  object,
  option,
  struct,
  text,
  utf8,
  variable,
  type Obj,
} from '@dsm/primitive';
import { isPlainText } from '@dsm/protocols';

export interface Listing {
  /** As `normalName` gives it; empty if the device is listed by its ids alone. */
  readonly name: string;
  /** Address of the invitation; none once the listing is withdrawn. */
  readonly invitation: Uint8Array | undefined;
}

export const listing: Obj<Listing> = object(
  kinds.listing,
  128,
  struct({ name: text(limits.nameBytesMax), invitation: option(bytes32) }),
);

/**
 * The one form of a name: compatibility forms and case do not count, and nothing in it is unseen.
 * Undefined for a text that is no name.
 */
export function normalName(name: string): string | undefined {
  const normal = folded(folded(name));
  const holds =
    isPlainText(normal) && !normal.includes('  ') && utf8(normal).length <= limits.nameBytesMax;
  return holds ? normal : undefined;
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC');
}

export function nameTopic(network: Uint8Array, name: string): Uint8Array {
  const framed = encodeWith(variable(limits.nameBytesMax), utf8(name));
  return hash('directory', network, Uint8Array.of(1), framed);
}

export function deviceTopic(network: Uint8Array, device: Uint8Array): Uint8Array {
  return hash('directory', network, Uint8Array.of(2), device);
}

export function genesisTopic(network: Uint8Array, genesis: Uint8Array): Uint8Array {
  return hash('directory', network, Uint8Array.of(3), genesis);
}

/** Where introductions to a KEM key are left: nobody can make another’s inbox his own. */
export function inboxTopic(network: Uint8Array, kemKey: Uint8Array): Uint8Array {
  return hash('directory', network, Uint8Array.of(4), hash('invitation', kemKey));
}
