/** Judges of value: what operations demand, and what a part of a lineage is worth. */

import { equal } from '@dsm/primitive';
import {
  checkPart,
  exitPart,
  issuePart,
  spendPart,
  valueRules,
  type LineageKnown,
  type LineagePart,
} from '@dsm/protocols';
import { registriesIn, unaccepted } from './acceptance.ts';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { originOf, policiesOf, valueKnownOf } from './known.ts';
import { decodedAs } from './objects.ts';

type Checks = Readonly<Record<string, Judge>>;

function ruling(bytes: Uint8Array, given: Given): Finding {
  const context = {
    writer: given.bytes('writer'),
    peer: given.bytes('peer'),
    head: given.bytes('head'),
  };
  const verdict = valueRules(valueKnownOf(given))(bytes, context);
  if (verdict.type === 'accepted') return { expect: 'ok', derived: toJson(verdict.value) };
  // The refusal is always `operation`; its detail is what tells one rule from another.
  if (verdict.type === 'refused') return { expect: verdict.detail ?? verdict.refusal };
  return unaccepted(verdict);
}

function tracing(part: LineagePart, given: Given): Finding {
  const origins = given.list('origins').map(originOf);
  const known: LineageKnown = {
    network: given.bytes('network'),
    originOf: (head) => origins.find((origin) => equal(origin.head, head)),
    policyOf: policiesOf(given),
    registries: registriesIn(given),
  };
  const verdict = checkPart(part, known);
  switch (verdict.type) {
    case 'good':
      return { expect: 'ok', derived: toJson({ origin: verdict.origin }) };
    case 'missing':
      return {
        expect: 'missing',
        derived: toJson({ heads: verdict.heads, policy: verdict.policy }),
      };
    case 'bad':
      return { expect: verdict.refusal };
  }
}

export const valueJudges: Readonly<Record<string, Checks>> = {
  operation: { rules: ruling },
  'issue-part': { lineage: (bytes, given) => tracing(decodedAs(issuePart, bytes), given) },
  'spend-part': { lineage: (bytes, given) => tracing(decodedAs(spendPart, bytes), given) },
  'exit-part': { lineage: (bytes, given) => tracing(decodedAs(exitPart, bytes), given) },
};
