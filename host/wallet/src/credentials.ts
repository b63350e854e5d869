/** Credentials and logins as programs hold them. */

import { challenge as challengeObject, isAttributeName } from '@dsm/identity';
import { equal, signatures } from '@dsm/primitive';
import type { CredentialActions, JoseKey, Wish } from './credential-api.ts';
import {
  acceptCredential,
  answerLogin,
  challengeView,
  heldCredentials,
  heldView,
  present,
  readChallenge,
} from './credential-holding.ts';
import {
  issueCredential,
  issuedRows,
  issuedView,
  issuerPair,
  revoke,
} from './credential-issuing.ts';
import { verifyPresentation } from './credential-verifying.ts';
import { findContact } from './contacts.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { issuerKey } from './new-token.ts';
import { checkReady, liveSession, type Runtime } from './runtime.ts';
import { idBytes, idText } from './text.ts';
import { findToken } from './tokens.ts';

export function credentialActions(runtime: Runtime): CredentialActions {
  const { engine } = runtime;
  const { model } = engine;
  return {
    issue: (token, options) => issueCredential(runtime, token, options),
    issued: async () => (await issuedRows(engine)).map(issuedView),
    revoke: (credential) => revoke(runtime, credential),
    key: async () => {
      checkReady(runtime);
      return issuerKey(engine);
    },
    accept: (bytes) => acceptCredential(runtime, bytes),
    list: async () => {
      const held = await heldCredentials(engine);
      return Promise.all(held.map((one) => heldView(engine, one)));
    },
    challenge: (audience, wish) => newChallenge(engine, audience, wish),
    read: (bytes) => challengeView(readChallenge(engine, bytes)),
    present: (bytes, options) => present(runtime, bytes, options),
    request: async (contact, wish, options) => {
      checkReady(runtime);
      const row = findContact(model, contact);
      const session = liveSession(runtime, row.device);
      if (session === undefined) {
        throw new DsmError('unreachable', `${row.name} is not connected: meet first`);
      }
      const asked = newChallenge(engine, idText('device', model.device.id), wish);
      const shown = await session.credential(asked);
      const verified = await verifyPresentation(engine, shown, asked, options);
      const isTheirs =
        verified.device === undefined || equal(idBytes('device', verified.device)!, row.device);
      if (isTheirs) return verified;
      throw new DsmError('refused', 'this credential was issued to another device');
    },
    onRequest: (handler) => {
      engine.presenting.handler = handler;
    },
    verify: (shown, asked, options) => verifyPresentation(engine, shown, asked, options),
    jwsKey: (token) => jwsKey(engine, token),
    login: (bytes, options) => answerLogin(runtime, bytes, options),
  };
}

/** Who decides what is shown to a contact: nobody, until the program says who. */
export function presentingBy(runtime: () => Runtime): Engine['presenting'] {
  return {
    handler: undefined,
    present: (asked, options) => present(runtime(), asked, options),
  };
}

function newChallenge(engine: Engine, audience: string, wish: Wish | undefined): Uint8Array {
  const { model, entropy } = engine;
  const wrong = wish?.names.find((name) => !isAttributeName(name));
  if (wrong !== undefined) throw new DsmError('usage', `"${wrong}" is no name of an attribute`);
  const wanted = wish && {
    token: idBytes('token', wish.token) ?? findToken(model, wish.token).id,
    names: [...new Set(wish.names)].toSorted(),
  };
  const nonce = entropy.bytes(32);
  return challengeObject.encode({ network: model.device.network, nonce, audience, wanted });
}

/** JOSE signs without a context, dsm never does: so one key makes both, and neither is the other. */
function jwsKey({ model, keys }: Engine, token: string | undefined): JoseKey {
  const { publicKey, secretKey } =
    token === undefined ? keys.working() : issuerPair(keys, findToken(model, token));
  if (secretKey.algorithm !== 'ml-dsa-65') {
    throw new DsmError('usage', `JOSE has no name for keys of ${secretKey.algorithm} here`);
  }
  const pub = publicKey.toBase64({ alphabet: 'base64url', omitPadding: true });
  return {
    algorithm: 'ML-DSA-65',
    jwk: { kty: 'AKP', alg: 'ML-DSA-65', pub },
    sign: (bytes) => signatures().sign(secretKey, bytes, new Uint8Array(0)),
  };
}
