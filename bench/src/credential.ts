/**
 * What it takes to show three of twelve attributes, and to judge that: bytes, and time of the processor.
 *
 * Measured are `newPresentation` with the holder’s signature, and `checkPresentation`, which verifies two
 * signatures of ML-DSA-65: once with the signatures of Node, once in plain JavaScript. Revocation, which asks
 * nodes, is no part of it. The peer is SD-JWT VC by @sd-jwt/sd-jwt-vc with the same attributes and a
 * key-binding JWT: ES256, which is classical, by WebCrypto, and ML-DSA-65 by Node. Time is that of the whole
 * process on the processor, for WebCrypto works on other threads.
 */

import {
  checkPresentation,
  credentialDigest,
  newCredential,
  newPresentation,
  presentation,
  presentationDigest,
  type Attribute,
  type Credential,
} from '@dsm/identity';
import { installNative } from '@dsm/node';
import { installPortable } from '@dsm/portable';
import {
  kinds,
  keyDigest,
  signatureContext,
  signatures,
  type KeyPair,
  type Kind,
} from '@dsm/primitive';
import { forms, tokenId, type Policy } from '@dsm/protocols';
import {
  classicalKey,
  exportCredential,
  postQuantumKey,
  presentExport,
  verifyExport,
  type JwsKey,
} from '@dsm/sd-jwt';
import { judge, quantile, type Report } from './report.ts';

export const question = 'What does showing three of twelve attributes take, and judging it?';

const bytesGoal = { floor: 12_000, target: 12_000, better: 'lower' } as const;
const verifyGoal = { floor: 5, target: 5, better: 'lower' } as const;
const rounds = 300;
const warmUp = 30;

const network = new Uint8Array(32).fill(1);
const nonce = new Uint8Array(32).fill(2);
const audience = 'https://library.example';
const names = ['birth-date', 'given-name', 'grade'];
const attributes: readonly Attribute[] = [
  { name: 'birth-date', content: { type: 'date', value: '2001-02-28' } },
  { name: 'given-name', content: { type: 'text', value: 'Maya' } },
  { name: 'grade', content: { type: 'integer', value: 17n } },
  ...Array.from({ length: 7 }, (_, i): Attribute => ({
    name: `course-${i}`,
    content: { type: 'text', value: `a course with the number ${i}` },
  })),
];

export async function run(report: Report): Promise<void> {
  for (const [name, install] of [
    ['native', installNative],
    ['portable', installPortable],
  ] as const) {
    install();
    await ours(report, name);
  }
  installNative();
  const pairs = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const classical = await classicalKey(pairs);
  await peer(report, 'SD-JWT VC, ES256 (classical)', classical, classical);
  const pair = (seed: number): JwsKey => postQuantumKey(pairOf(seed));
  await peer(report, 'SD-JWT VC, ML-DSA-65, native', pair(1), pair(2));
}

function pairOf(seed: number): KeyPair {
  return signatures().keyPair('ml-dsa-65', new Uint8Array(32).fill(seed));
}

function sign(pair: KeyPair, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(pair.secretKey, digest, signatureContext(kind, 1, network));
}

async function ours(report: Report, implementation: string): Promise<void> {
  const [issuer, holder] = [pairOf(1), pairOf(2)];
  const policy = policyOf(keyDigest(1, issuer.publicKey));
  const value = credentialOf(issuer, holder, policy);
  const { publicKey } = holder;
  const make = (): Uint8Array => {
    const showing = { names, nonce, audience, card: undefined, suite: 1, publicKey } as const;
    const said = newPresentation(value, showing)!;
    const signature = sign(holder, kinds.presentation, presentationDigest(said));
    return presentation.encode({ said, signature });
  };
  const bytes = make();
  const verify = (): void => {
    const checked = checkPresentation(bytes, { policy, nonce, audience, names });
    if (!checked.ok) throw new Error(checked.refusal);
  };
  const what = `three of twelve, ML-DSA-65, ${implementation}`;
  const size = { ...judge(bytes.length, bytesGoal), figure: bytes.length };
  report({ bench: 'credential', what: `${what}: bytes`, ...size });
  report({ bench: 'credential', what: `${what}: made, ms`, ...(await processor(make)) });
  const time = await processor(verify);
  report({
    bench: 'credential',
    what: `${what}: judged, ms`,
    ...time,
    ...judge(time.figure, verifyGoal),
  });
}

function policyOf(member: Uint8Array): Policy {
  return {
    network,
    registry: network,
    ticker: 'DIP',
    name: 'Diploma',
    form: forms.credential,
    decimals: 0,
    cap: 1_000n,
    threshold: 1,
    members: [member],
    bad: 0,
    burn: 0,
    allowed: undefined,
    suites: [1],
    anchors: [],
    depthMax: 8,
    receiptsMax: 64,
  };
}

/** Ten attributes and the two that every credential has: twelve in all. */
function credentialOf(issuer: KeyPair, holder: KeyPair, policy: Policy): Credential {
  const made = newCredential({
    network,
    token: tokenId(policy),
    device: new Uint8Array(32).fill(3),
    serial: 1n,
    key: keyDigest(1, holder.publicKey),
    seed: new Uint8Array(32).fill(4),
    attributes,
  })!;
  const signature = sign(issuer, kinds.credential, credentialDigest(made.body));
  return { ...made, issuer: { suite: 1, publicKey: issuer.publicKey, signature } };
}

async function peer(report: Report, what: string, issuer: JwsKey, holder: JwsKey): Promise<void> {
  const type = 'urn:example:diploma';
  const all = [...attributes, ...['more', 'still-more'].map(textOf)];
  const compact = await exportCredential({
    attributes: all,
    issuer: audience,
    type,
    issuedAt: 1_000,
    key: issuer,
    holder: holder.jwk,
  });
  const shown = { names, nonce: 'n-1', audience, issuedAt: 1_000 };
  const make = (): Promise<string> => presentExport(compact, { ...shown, key: holder });
  const presented = await make();
  const expected = { names, nonce: 'n-1', audience, issuer: issuer.jwk, type, now: 1_000 };
  report({ bench: 'credential', what: `${what}: bytes`, figure: presented.length });
  report({ bench: 'credential', what: `${what}: made, ms`, ...(await processor(make)) });
  const verify = (): Promise<unknown> => verifyExport(presented, expected);
  report({ bench: 'credential', what: `${what}: judged, ms`, ...(await processor(verify)) });
}

function textOf(name: string): Attribute {
  return { name, content: { type: 'text', value: name } };
}

/** Milliseconds of the processor for one piece of work: median, and what 99 of 100 stay below. */
async function processor(
  work: () => unknown,
): Promise<{ readonly figure: number; readonly p99: number }> {
  const figures: number[] = [];
  for (let round = 0; round < rounds + warmUp; round++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    if (round >= warmUp) figures.push((user + system) / 1_000);
  }
  const sorted = figures.toSorted((a, b) => a - b);
  const [figure, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
  return { figure: rounded(figure), p99: rounded(p99) };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
