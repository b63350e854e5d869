/**
 * Credentials on their way: an entry that carries one, sealed to its holder.
 *
 * It is an operation of an app on the issuer's lane, so it comes once, signed by the issuer's device,
 * over the line or through the nodes. Neither they nor whoever keeps the lane can read it.
 */

import {
  contentRefusal,
  credential,
  credentialDigest,
  deviceIn,
  signedByIssuer,
  type Credential,
} from '@dsm/identity';
import { equal, keyOf, limits } from '@dsm/primitive';
import { appId, encodeOperation, operationOf } from '@dsm/protocols';
import { heldKey } from './credential-rows.ts';
import type { Engine } from './engine.ts';
import type { Draft } from './model.ts';
import { seal, unseal } from './sealed.ts';

const appOfCredentials = {
  name: 'dsm credential',
  version: 1,
  rules: 'a credential for the reader, sealed to the key of its card; there is no state',
} as const;

/** The operation that carries it; undefined if it is too large for an entry, or the key is none. */
export function givingOperation(
  engine: Engine,
  to: Uint8Array,
  value: Credential,
): Uint8Array | undefined {
  const data = seal(engine, to, credential.encode(value));
  if (data === undefined || data.length > limits.operationBytesMax - 64) return undefined;
  return encodeOperation({ type: 'app', app: appId(appOfCredentials), data });
}

/** Keep the credentials that a peer's run carries for this device. Those of others are dropped. */
export function putGiven(to: Draft, engine: Engine, entries: readonly Uint8Array[]): void {
  const app = keyOf(appId(appOfCredentials));
  for (const bytes of entries) {
    const operation = operationOf(bytes);
    if (typeof operation === 'string' || operation.type !== 'app') continue;
    if (keyOf(operation.app) !== app) continue;
    const plain = unseal(engine.aead, engine.keys.kems(), operation.data);
    const decoded = plain === undefined ? undefined : credential.decode(plain);
    if (decoded?.ok === true && isForUs(engine, decoded.value)) putHeld(to, decoded.value);
  }
}

/**
 * The digest names all that it says, so nobody but its issuer can put another in its place. Whose word
 * it is shows once the policy of the token is here.
 */
export function putHeld(to: Draft, value: Credential): void {
  to.put(heldKey(credentialDigest(value.body)), credential.encode(value));
}

/** True if it is whole, signed, and for this device. */
export function isForUs({ model }: Engine, value: Credential): boolean {
  const device = deviceIn(value.attributes);
  const { id, network } = model.device;
  return (
    equal(value.body.network, network) &&
    device !== undefined &&
    equal(device, id) &&
    contentRefusal(value) === undefined &&
    signedByIssuer(value.body, value.issuer)
  );
}
