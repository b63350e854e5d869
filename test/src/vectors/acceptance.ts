/** Judges of the checks that look at more than one object: accept, receipt, card, certificate, slot write, evidence. */

import {
  accept,
  authorises,
  card,
  certificate,
  checkCard,
  checkCertificate,
  checkEvidence,
  checkReceipt,
  equal,
  evidence,
  receipt,
  registriesOf,
  registry,
  signedStep,
  slotWrite,
  type Card,
  type Known,
  type Registries,
  type Side,
  type Suite,
  type Verdict,
} from '@dsm/primitive';
import { opensPurseNote, valueRules } from '@dsm/protocols';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { slotOf } from './derivations.ts';
import { valueKnownOf } from './known.ts';
import { decodedAs } from './objects.ts';

type Checks = Readonly<Record<string, Judge>>;

/** Everything of a verdict but an accepted value. */
export function unaccepted(verdict: Verdict<unknown>): Finding {
  switch (verdict.type) {
    case 'accepted':
      return { expect: 'ok' };
    case 'already-accepted':
      return { expect: 'already-accepted' };
    case 'pending':
      return { expect: `pending ${verdict.pending}` };
    case 'refused':
      return verdict.detail === undefined
        ? { expect: verdict.refusal }
        : { expect: verdict.refusal, derived: { detail: verdict.detail } };
  }
}

function knownOf(given: Given): Known {
  const [author, lane, absorbed] = [given.at('author'), given.at('lane'), given.at('absorbed')];
  const [mine, theirs, steps] = [given.list('mine'), given.list('theirs'), given.list('steps')];
  return {
    network: given.bytes('network'),
    relationship: given.bytes('relationship'),
    author: {
      device: author.bytes('device'),
      peer: author.bytes('peer'),
      incarnation: author.number('incarnation'),
      suite: author.number('suite') as Suite,
      workingKey: author.bytes('workingKey'),
      since: author.number('since'),
      retired: author.list('retired').map((key) => ({
        workingKey: key.bytes('workingKey'),
        since: key.number('since'),
        until: key.number('until'),
      })),
      bricked: author.flag('bricked'),
    },
    lane: {
      start: lane.bytes('start'),
      head: lane.bytes('head'),
      index: lane.number('index'),
      entropy: lane.bytes('entropy'),
    },
    side: given.number('side') as Side,
    absorbed: { index: absorbed.number('index'), head: absorbed.bytes('head') },
    mineStart: given.bytes('mineStart'),
    indexOfMine: (head) => mine.find((at) => equal(at.bytes('head'), head))?.number('index'),
    headOfTheirs: (index) => theirs.find((at) => at.number('index') === index)?.bytes('head'),
    stepAt: (seq) => {
      const there = steps.find((at) => at.number('seq') === seq);
      if (there === undefined) return undefined;
      return {
        statement: there.bytes('statement'),
        before: there.bytes('before'),
        after: there.bytes('after'),
        previous: there.bytes('previous'),
      };
    },
  };
}

function accepting(bytes: Uint8Array, given: Given): Finding {
  const claim = { entries: given.bytesList('entries'), signed: decodedAs(signedStep, bytes) };
  const known = given.at('known');
  const verdict = accept(claim, knownOf(known), valueRules(valueKnownOf(known)));
  if (verdict.type !== 'accepted') return unaccepted(verdict);
  const { statement, lane, heads, demand } = verdict.value;
  const { index, head } = verdict.value.absorbed;
  const absorbed = { index, head };
  return { expect: 'ok', derived: toJson({ statement, lane, absorbed, heads, demand }) };
}

/** The versions of the registry that a case gives, the newest last. */
export function registriesIn(given: Given): Registries {
  return registriesOf(...given.bytesList('registries').map((one) => decodedAs(registry, one)));
}

function registriesIfAny(given: Given): Registries | undefined {
  return given.has('registries') ? registriesIn(given) : undefined;
}

function judging(bytes: Uint8Array, given: Given): Finding {
  const claim = decodedAs(evidence, bytes);
  const verdict = checkEvidence(
    claim,
    given.bytes('network'),
    opensPurseNote,
    registriesIfAny(given),
  );
  if (!verdict.ok) return { expect: verdict.refusal };
  return { expect: 'ok', derived: toJson({ culprit: verdict.culprit }) };
}

function authorised(bytes: Uint8Array, given: Given): Finding {
  const { place, value, authorisation } = decodedAs(slotWrite, bytes);
  const holds = authorises(given.bytes('network'), place, value, authorisation);
  return { expect: holds ? 'ok' : 'refused' };
}

export const acceptanceJudges: Readonly<Record<string, Checks>> = {
  accept: { accept: accepting },
  receipt: {
    check: (bytes, given) => {
      const writer = decodedAs(card, given.bytes('writer'));
      const peer = decodedAs(card, given.bytes('peer'));
      const next = (side: string): Card | undefined =>
        given.has(side) ? decodedAs(card, given.bytes(side)) : undefined;
      const after = { writer: next('writerNext'), peer: next('peerNext') };
      return { expect: checkReceipt(decodedAs(receipt, bytes), writer, peer, after) ?? 'ok' };
    },
  },
  card: {
    check: (bytes, given) => ({
      expect:
        checkCard(decodedAs(card, bytes), given.bytes('network'), registriesIfAny(given)) ?? 'ok',
    }),
  },
  certificate: {
    check: (bytes, given) => {
      const by = registriesIn(given);
      return { expect: checkCertificate(decodedAs(certificate, bytes), by, slotOf(given)) ?? 'ok' };
    },
  },
  'slot-write': { authorised },
  evidence: { check: judging },
};
