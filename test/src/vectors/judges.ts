/**
 * The judges: for every object and every check of the vectors, what the shipped core answers. The
 * generator writes their answers down, the test compares them with what is written.
 */

import { acceptanceJudges } from './acceptance.ts';
import { availabilityJudges } from './availability.ts';
import { bytesOf, givenOf, type Finding, type Judge, type VectorCase } from './case.ts';
import { capsuleJudges } from './capsules.ts';
import { credentialJudges } from './credentials.ts';
import { derivationJudges } from './derivations.ts';
import { directoryJudges } from './directory.ts';
import { escrowJudges } from './escrow.ts';
import { attestationJudges } from './attestation.ts';
import { identityJudges } from './identity.ts';
import { objectJudges } from './objects.ts';
import { sharedJudges } from './shared.ts';
import { valueJudges } from './value.ts';
import { wordsJudges } from './words.ts';

const tables: readonly Readonly<Record<string, Readonly<Record<string, Judge>>>>[] = [
  objectJudges,
  derivationJudges,
  acceptanceJudges,
  sharedJudges,
  valueJudges,
  escrowJudges,
  availabilityJudges,
  identityJudges,
  credentialJudges,
  attestationJudges,
  directoryJudges,
  capsuleJudges,
  wordsJudges,
];

/** The judge of a check, or undefined if there is none of that name. */
export function judgeOf(object: string, check: string): Judge | undefined {
  for (const table of tables) {
    const judge = table[object]?.[check];
    if (judge !== undefined) return judge;
  }
  return undefined;
}

/** What the core answers to a case. */
export function find(object: string, vector: VectorCase): Finding {
  const judge = judgeOf(object, vector.check);
  if (judge === undefined) throw new RangeError(`no check ${vector.check} of ${object}`);
  return judge(bytesOf(vector), givenOf(vector.given));
}

/** Every check of every object, as `object/check`. */
export function checkNames(): readonly string[] {
  return tables.flatMap((table) =>
    Object.entries(table).flatMap(([object, checks]) =>
      Object.keys(checks).map((check) => `${object}/${check}`),
    ),
  );
}
