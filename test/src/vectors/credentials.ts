/** Judges of what is said of devices: credentials, presentations, challenges, logins. */

import {
  attributeRoot,
  challenge,
  checkCredential,
  checkLogin,
  checkPresentation,
  credential,
  credentialDigest,
  evaluateAttributes,
  issuanceOf,
  serialIn,
  login,
  loginDigest,
  presentation,
  presentationDigest,
  revocationPlace,
  revocationValue,
  schemaCoder,
  schemaDigest,
  schemaOf,
} from '@dsm/identity';
import { card, decodeWith, keyDigest, slotKey } from '@dsm/primitive';
import { policy } from '@dsm/protocols';
import { registriesIn } from './acceptance.ts';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { decodedAs, decoding } from './objects.ts';

function presented(bytes: Uint8Array, given: Given): Finding {
  const checked = checkPresentation(bytes, {
    policy: decodedAs(policy, given.bytes('policy')),
    nonce: given.bytes('nonce'),
    audience: given.text('audience'),
    names: given.texts('names'),
    ...(given.has('schema') && { schema: decodeWith(schemaCoder, given.bytes('schema'))! }),
    ...(given.has('card') && { card: decodedAs(card, given.bytes('card')) }),
    ...(given.has('registries') && { registries: registriesIn(given) }),
  });
  if (!checked.ok) return { expect: checked.refusal };
  const { credential: digest, issuerKey, attributes, hiddenMax } = checked.value;
  const { holder, device, issued } = checked.value;
  return {
    expect: 'ok',
    derived: toJson({
      credential: digest,
      issuerKey,
      attributes,
      hiddenMax,
      holder,
      device,
      anchor: issued?.anchor,
    }),
  };
}

function loggedIn(bytes: Uint8Array, given: Given): Finding {
  const checked = checkLogin(bytes, {
    network: given.bytes('network'),
    nonce: given.bytes('nonce'),
    audience: given.text('audience'),
    ...(given.has('latest') && {
      latest: () => ({
        incarnation: given.at('latest').number('incarnation'),
        generation: given.at('latest').number('generation'),
      }),
    }),
    ...(given.has('registries') && { registries: registriesIn(given) }),
  });
  if (!checked.ok) return { expect: checked.refusal };
  return {
    expect: 'ok',
    derived: toJson({ device: checked.value.device, genesis: checked.value.identity?.genesis }),
  };
}

export const credentialJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  credential: {
    decode: decoding(credential, (value) => {
      const { body, issuer, seed, attributes } = value;
      const issuerKey = keyDigest(issuer.suite, issuer.publicKey);
      return {
        digest: credentialDigest(body),
        root: attributeRoot(seed, attributes, body.depth),
        schema: schemaDigest(schemaOf(attributes)),
        issuance: serialIn(attributes) === undefined ? undefined : issuanceOf(value),
        revocation: slotKey(revocationPlace(issuerKey, body)),
        revoked: revocationValue(body),
      };
    }),
    check: (bytes, given) => {
      const by = decodedAs(policy, given.bytes('policy'));
      return { expect: checkCredential(decodedAs(credential, bytes), by) ?? 'ok' };
    },
  },
  challenge: { decode: decoding(challenge) },
  presentation: {
    decode: decoding(presentation, ({ said }) => ({
      credential: credentialDigest(said.body),
      digest: presentationDigest(said),
      root: evaluateAttributes(said.shown, said.body.depth, said.proof),
    })),
    check: presented,
  },
  login: {
    decode: decoding(login, (value) => ({ digest: loginDigest(value) })),
    check: loggedIn,
  },
};
