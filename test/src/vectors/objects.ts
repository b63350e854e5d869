/** Judges of the objects: decode, encode again, and derive what follows from the bytes alone. */

import { place } from '@dsm/availability';
import { message } from '@dsm/bilateral';
import {
  address,
  card,
  cardDevice,
  cardDigest,
  cardStatement,
  certificate,
  consentDigest,
  countersignature,
  entry,
  equal,
  evaluate,
  evaluateSlotPath,
  evidence,
  evidenceId,
  exitHead,
  groupOf,
  cardSlot,
  incarnationValue,
  keyDigest,
  nextHead,
  proofObject,
  receipt,
  receiptHead,
  registry,
  registryLineage,
  signedStep,
  slotKey,
  slotListRoot,
  slotState,
  slotWrite,
  statementDigest,
  step,
  stepBodyDigest,
  stepStatement,
  voteDigest,
  voterId,
  workingKeyDigest,
  type Authorisation,
  type Obj,
  type SlotPlace,
  type Step,
} from '@dsm/primitive';
import {
  claimOfExit,
  decodeOperation,
  encodeOperation,
  exitPart,
  issue,
  issueHead,
  issuePart,
  issuePlace,
  issueStatement,
  issuerOf,
  partHead,
  policy,
  remintedPlace,
  spendPart,
  tokenId,
} from '@dsm/protocols';
import { toJson, type Given, type Judge } from './case.ts';

type Checks = Readonly<Record<string, Judge>>;

/** Decode and derive. A value that is not written back as the same bytes would be a fault. */
export function decoding<T>(
  obj: Obj<T>,
  derive: (value: T, given: Given, bytes: Uint8Array) => object = () => ({}),
): Judge {
  return (bytes, given) => {
    const decoded = obj.decode(bytes);
    if (!decoded.ok) return { expect: decoded.refusal };
    if (!equal(obj.encode(decoded.value), bytes)) return { expect: 'not canonical' };
    const derived = { address: address(bytes), ...derive(decoded.value, given, bytes) };
    return { expect: 'ok', fields: toJson(decoded.value), derived: toJson(derived) };
  };
}

/** The decoded object that a case needs beside its own bytes. */
export function decodedAs<T>(obj: Obj<T>, bytes: Uint8Array): T {
  const decoded = obj.decode(bytes);
  if (!decoded.ok) throw new RangeError(`a given is ${decoded.refusal}`);
  return decoded.value;
}

function rootsOf({ proof, writes }: Step): object {
  const root = (side: 'before' | 'after'): unknown => {
    const values = writes.map((write) => ({ key: write.key, value: write[side] }));
    const found = evaluate(proof, values);
    return found.ok ? found.root : found.refusal;
  };
  return { rootBefore: root('before'), rootAfter: root('after') };
}

function authorised(at: SlotPlace, value: Uint8Array, by: Authorisation): object {
  const key = slotKey(at);
  const listRoot = evaluateSlotPath({ key, value }, by.path);
  return {
    key,
    writer: keyDigest(by.suite, by.publicKey),
    listRoot,
    statement: statementDigest(by.body, listRoot),
  };
}

export const objectJudges: Readonly<Record<string, Checks>> = {
  entry: {
    decode: decoding(entry, (_, given, bytes) => ({
      head: nextHead(given.bytes('before'), bytes),
    })),
  },
  proof: { decode: decoding(proofObject) },
  step: { decode: decoding(step, (value) => ({ body: stepBodyDigest(value), ...rootsOf(value) })) },
  'signed-step': {
    decode: decoding(signedStep, ({ step: body, slots }) => ({
      body: stepBodyDigest(body),
      listRoot: slotListRoot(slots),
      statement: stepStatement(body, slots),
    })),
  },
  countersignature: {
    decode: decoding(countersignature, ({ consent }) => ({ digest: consentDigest(consent) })),
  },
  receipt: { decode: decoding(receipt, (value) => ({ head: receiptHead(value) })) },
  card: {
    decode: decoding(card, (value) => ({
      device: cardDevice(value),
      digest: cardDigest(value.body),
      incarnation: incarnationValue(value.body),
      slot: cardSlot(value.body).key,
      statement: cardStatement(value.body),
      workingKey: workingKeyDigest(value),
    })),
  },
  evidence: { decode: decoding(evidence, (value) => ({ id: evidenceId(value) })) },
  'slot-write': {
    decode: decoding(slotWrite, ({ place: at, value, authorisation }) =>
      authorised(at, value, authorisation),
    ),
  },
  'slot-state': {
    decode: decoding(slotState, ({ place: at, values }) => ({
      values: values.map(({ value, authorisation }) => authorised(at, value, authorisation)),
    })),
  },
  certificate: {
    decode: decoding(certificate, ({ lineage, version, key, value }) => ({
      vote: voteDigest(lineage, version, { key, value }),
    })),
  },
  registry: {
    decode: decoding(registry, (value, given) => ({
      lineage: registryLineage(value),
      voters: value.nodes.map(voterId),
      groups: given.bytesList('slots').map((slot) => groupOf(value, slot)),
      places: given.bytesList('addresses').map((of) => place(value, of)),
    })),
  },
  policy: {
    decode: decoding(policy, (value) => ({ token: tokenId(value), issuer: issuerOf(value) })),
  },
  issue: {
    decode: decoding(issue, (value, given) => {
      const issuers = {
        threshold: given.number('threshold'),
        members: given.bytesList('members'),
      };
      return {
        head: issueHead(value),
        slot: slotKey(issuePlace(value.parent, issuers)),
        statement: issueStatement(value, issuers),
        spent: value.remint?.notes.map((note) => slotKey(remintedPlace(note))),
      };
    }),
  },
  'issue-part': { decode: decoding(issuePart, (part) => ({ head: partHead(part) })) },
  'spend-part': { decode: decoding(spendPart, (part) => ({ head: partHead(part) })) },
  'exit-part': {
    decode: decoding(exitPart, (part) => {
      const claim = claimOfExit(part);
      return { head: claim === undefined ? undefined : exitHead(claim) };
    }),
  },
  message: { decode: decoding(message) },
  operation: {
    decode: (bytes) => {
      const operation = decodeOperation(bytes);
      if (typeof operation === 'string') return { expect: operation };
      if (!equal(encodeOperation(operation), bytes)) return { expect: 'not canonical' };
      return { expect: 'ok', fields: toJson(operation), derived: {} };
    },
  },
};
