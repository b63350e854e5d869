/**
 * The lineage of a note that is eight hops from its mint, as its payee checks it.
 *
 * First check: nine parts as bytes, an issue and eight spends, each decoded and checked with all of
 * its signatures and its certificate of three votes; only the policy and the registry are known.
 * Remembered: the payee follows the note through the origins that it kept, back to the issue, and sees
 * that each is certified. Sent again: the same bytes arrive once more and are recognised by their
 * heads, which a payer that knows what the payee has does not make happen. One input a spend, ML-DSA-65
 * in OpenSSL, in memory; milliseconds of this thread on the processor.
 */

import { nativeHash, nativeSignatures } from '@dsm/node';
import {
  equal,
  installHash,
  installSignatures,
  keyOf,
  registriesOf,
  type Signatures,
} from '@dsm/primitive';
import {
  checkPart,
  decodePart,
  partHead,
  tokenId,
  type LineageKnown,
  type Origin,
} from '@dsm/protocols';
import { counted } from './counted.ts';
import { lineageOf, type Lineage } from './lineage-parts.ts';
import { network, unsigned } from './pair.ts';
import { judge, type Goal, type Report } from './report.ts';
import { takeTurns, type Contender } from './turns.ts';

const hops = 8;
const rounds = 11;
const firstGoal = { floor: 12, target: 5, better: 'lower' } as const;
const againGoal = { floor: 0.5, target: 0.1, better: 'lower' } as const;

export const question = 'How long does checking a lineage of eight hops take, first and again?';

interface Measured extends Contender {
  readonly goal?: Goal;
  readonly signatures: Signatures;
}

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  const counter = counted(nativeSignatures);
  installSignatures(nativeSignatures);
  const lineage = lineageOf(hops);
  const contenders = measured(lineage, counter.signatures);
  const rates = await takeTurns(contenders, rounds);
  const bytes = lineage.parts.reduce((sum, part) => sum + part.length, 0);
  for (const [i, { name, goal, signatures }] of contenders.entries()) {
    const { median, p10, p90, wall } = rates[i]!;
    const before = counter.taken();
    installSignatures(signatures);
    await contenders[i]!.work(rounds);
    const verified = (counter.taken().verified - before.verified) / contenders[i]!.count;
    const milliseconds = inMs(median);
    report({
      bench: 'lineage',
      what: name,
      hops,
      parts: lineage.parts.length,
      bytes,
      milliseconds,
      p10: inMs(p90),
      p90: inMs(p10),
      wallMilliseconds: inMs(wall),
      ...(goal === undefined ? {} : judge(milliseconds, goal)),
      verified,
      verifiedPerPart: verified / lineage.parts.length,
    });
  }
  const { verified, verifyMs } = counter.taken();
  report({
    bench: 'lineage signatures',
    what: 'one verification of ML-DSA-65, by the clock on the wall',
    milliseconds: Math.round((verifyMs / verified) * 1_000) / 1_000,
  });
}

const inMs = (perSecond: number): number => Math.round(1_000_000 / perSecond) / 1_000;

function measured(lineage: Lineage, signatures: Signatures): readonly Measured[] {
  const { parts } = lineage;
  const kept = check(lineage);
  const newest = [...kept.values()].at(-1)!;
  const contender = (
    name: string,
    count: number,
    by: Signatures,
    once: () => void,
    goal?: Goal,
  ): Measured => ({
    name,
    count,
    signatures: by,
    ...(goal === undefined ? {} : { goal }),
    work: () => {
      installSignatures(by);
      for (let i = 0; i < count; i++) once();
    },
  });
  return [
    contender('first check; signed, in memory', 20, signatures, () => check(lineage), firstGoal),
    contender('the same but for verifying; unsigned', 200, unsigned, () => check(lineage)),
    contender('of that, decoding', 400, unsigned, () => {
      for (const part of parts) decodePart(part);
    }),
    contender('remembered', 20_000, signatures, () => follow(newest, kept), againGoal),
    contender('sent again', 400, signatures, () => recognise(parts, kept), againGoal),
  ];
}

/** The origins of all parts, oldest first. */
function check({ parts, policy, registry }: Lineage): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  const token = tokenId(policy);
  const known: LineageKnown = {
    network,
    registries: registriesOf(registry),
    originOf: (head) => origins.get(keyOf(head)),
    policyOf: (asked) => (equal(asked, token) ? policy : undefined),
  };
  for (const bytes of parts) {
    const part = decodePart(bytes);
    const verdict = part && checkPart(part, known);
    if (verdict?.type !== 'good' || !verdict.origin.certified)
      throw new Error('a part is not good');
    origins.set(keyOf(verdict.origin.head), verdict.origin);
  }
  return origins;
}

function follow(newest: Origin, kept: ReadonlyMap<string, Origin>): void {
  let seen = 0;
  const waiting = [newest];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    seen += 1;
    if (!at.certified) throw new Error('not certified');
    for (const source of at.sources) waiting.push(kept.get(keyOf(source))!);
  }
  if (seen !== kept.size) throw new Error('a part is missing');
}

function recognise(parts: readonly Uint8Array[], kept: ReadonlyMap<string, Origin>): void {
  for (const bytes of parts) {
    const part = decodePart(bytes);
    if (part === undefined || !kept.has(keyOf(partHead(part)))) throw new Error('not recognised');
  }
}
