/** A university, its diplomas and a student, for the tests that break one thing of them. */

import { kinds, type Card } from '@dsm/primitive';
import {
  actor,
  cardOf,
  installFakes,
  named,
  network,
  signAs,
  type Actor,
} from '@dsm/primitive/fixture';
import { forms, tokenId, type Policy } from '@dsm/protocols';
import type { Attribute } from '../src/attributes.ts';
import { challenge, type Challenge, type Wanted } from '../src/challenge.ts';
import {
  credentialDigest,
  newCredential,
  type Credential,
  type CredentialBody,
  type NewCredential,
} from '../src/credential.ts';
import {
  newPresentation,
  presentation,
  presentationDigest,
  type Expected,
  type Presentation,
  type PresentationBody,
  type Showing,
} from '../src/presentation.ts';

installFakes();

export const university: Actor = actor('university');
export const student: Actor = actor('student');
/** The student’s device once it has changed its keys. */
export const changed: Actor = actor('student, later', 1, student.root);
export const stranger: Actor = actor('stranger');

export const diploma: Policy = {
  network,
  registry: named('registry'),
  ticker: 'DIP',
  name: 'Diploma',
  form: forms.credential,
  decimals: 0,
  cap: 1_000n,
  threshold: 1,
  members: [university.writer],
  bad: 0,
  burn: 1,
  allowed: undefined,
  suites: [1],
  anchors: [],
  depthMax: 8,
  receiptsMax: 64,
};
export const token: Uint8Array = tokenId(diploma);

export const said: readonly Attribute[] = [
  { name: 'given-name', content: { type: 'text', value: 'Maya' } },
  { name: 'birth-date', content: { type: 'date', value: '2001-02-28' } },
  { name: 'grade', content: { type: 'integer', value: 17n } },
  { name: 'honours', content: { type: 'boolean', value: true } },
  { name: 'photo', content: { type: 'bytes', value: Uint8Array.of(1, 2, 3) } },
];

const key = student.writer;
const wish: NewCredential = {
  network,
  token,
  device: student.id,
  serial: 7n,
  key,
  seed: named('seed'),
  attributes: said,
};

export function signedBody(by: Actor, body: CredentialBody): Credential['issuer'] {
  const { suite, working } = by;
  const signature = signAs(by, working, kinds.credential, credentialDigest(body));
  return { suite, publicKey: working.publicKey, signature };
}

/** A credential as the university gives it, or one that it should not have given. */
export function credentialOf(
  changes: Partial<NewCredential> = {},
  by: Actor = university,
): Credential {
  const made = newCredential({ ...wish, ...changes })!;
  return { ...made, issuer: signedBody(by, made.body) };
}

/** The same credential with another body, which the university has signed. */
export function withBody(changes: Partial<CredentialBody>): Credential {
  const made = credentialOf();
  const body = { ...made.body, ...changes };
  return { ...made, body, issuer: signedBody(university, body) };
}

export const asked: Challenge & { readonly wanted: Wanted } = {
  network,
  nonce: named('nonce'),
  audience: 'https://library.example',
  wanted: { token, names: ['given-name', 'grade'] },
};
export const askedBytes: Uint8Array = challenge.encode(asked);

export function showing(by: Actor, changes: Partial<Showing> = {}): Showing {
  const { nonce, audience, wanted } = asked;
  const { suite, working } = by;
  return {
    names: wanted.names,
    nonce,
    audience,
    card: undefined,
    suite,
    publicKey: working.publicKey,
    ...changes,
  };
}

/** What is shown, signed by whoever shows it. */
export function signedBy(by: Actor, body: PresentationBody): Presentation {
  const digest = presentationDigest(body);
  return { said: body, signature: signAs(by, by.working, kinds.presentation, digest) };
}

export function presented(
  by: Actor = student,
  changes: Partial<Showing> = {},
  of: Credential = credentialOf(),
): Uint8Array {
  return presentation.encode(signedBy(by, newPresentation(of, showing(by, changes))!));
}

export const expected: Expected = {
  policy: diploma,
  nonce: asked.nonce,
  audience: asked.audience,
  names: asked.wanted.names,
};

export const firstCard: Card = cardOf(student);
/** The card that replaces it: another working key, certified by the same root. */
export const laterCard: Card = cardOf(changed, { generation: 1 });
