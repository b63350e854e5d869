/** Judges of what is derived from fields and has no bytes of its own: hashes, lanes, views, maps. */

import {
  ackMac,
  agreedSecret,
  agreementDigest,
  agreementMac,
  freshKey,
  type Relationship,
} from '@dsm/bilateral';
import {
  ackKey,
  address,
  advance,
  compare,
  deliveryPosition,
  deliveryValue,
  deviceId,
  deviceMap,
  entry,
  evaluate,
  hash,
  incarnationPosition,
  keyDigest,
  nextEntry,
  nodeId,
  openLane,
  proofObject,
  relationshipKey,
  sideOf,
  signatureContext,
  slotKey,
  slotListRoot,
  slotPath,
  spoolKey,
  stepPosition,
  viewLeaf,
  voterId,
  votesTree,
  voteDigest,
  type Domain,
  type Kind,
  type MapWrite,
  type Side,
  type Slot,
  type SlotKind,
  type Suite,
} from '@dsm/primitive';
import { noteBlind, noteId, noteLeaf, opensPurseNote, spendPlace } from '@dsm/protocols';
import { noteKey } from '@dsm/primitive';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { noteOf } from './known.ts';
import { decodedAs } from './objects.ts';

type Checks = Readonly<Record<string, Judge>>;

const deriving =
  (derive: (given: Given, bytes: Uint8Array) => object): Judge =>
  (bytes, given) => ({ expect: 'ok', derived: toJson(derive(given, bytes)) });

export function pairsOf(given: Given, name: string): readonly MapWrite[] {
  return given.list(name).map((pair) => ({ key: pair.bytes('key'), value: pair.bytes('value') }));
}

export function slotOf(given: Given): Slot {
  return { key: given.bytes('key'), value: given.bytes('value') };
}

/** The bytes 0, 1 … 250, 0, 1 … that the BLAKE3 authors use. */
export function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

function laneOf(given: Given): object {
  const [network, writer, peer] = [
    given.bytes('network'),
    given.bytes('writer'),
    given.bytes('peer'),
  ];
  const secret = given.bytes('secret');
  const spool = spoolKey(secret);
  const key = relationshipKey(secret);
  const opened = openLane(network, writer, given.number('incarnation'), peer, {
    key,
    spoolKey: spool,
  });
  const side = sideOf(writer, peer);
  let lane = opened;
  const entries = given.list('entries').map((one) => {
    const next = nextEntry(lane, side, one.bytes('absorbed'), one.bytes('operation'));
    const bytes = entry.encode(next);
    lane = advance(lane, next, bytes);
    return { bytes, entropy: lane.entropy, head: lane.head };
  });
  return {
    relationship: key,
    spoolKey: spool,
    ackKey: ackKey(secret),
    side,
    start: opened.start,
    entropy: opened.entropy,
    entries,
  };
}

function evaluated(bytes: Uint8Array, given: Given): Finding {
  const proof = decodedAs(proofObject, bytes);
  const found = evaluate(proof, pairsOf(given, 'values'));
  if (!found.ok) return { expect: found.refusal };
  return { expect: 'ok', derived: toJson({ root: found.root }) };
}

function proven(given: Given): object {
  const map = deviceMap();
  map.apply(pairsOf(given, 'pairs'));
  const keys = given.bytesList('keys').toSorted(compare);
  return { root: map.root(), proof: proofObject.encode(map.prove(keys)) };
}

function noteDerived(given: Given): object {
  const note = noteOf(given);
  const id = noteId(note.source, note.index);
  const blind = noteBlind(given.bytes('secret'), id);
  const slot = slotKey(spendPlace(note));
  return { id, mapKey: noteKey(id), blind, leaf: noteLeaf(note, blind), slot };
}

function contactOf(given: Given): object {
  const [low, high] = [given.bytes('low'), given.bytes('high')];
  const [ciphertext, laneKey] = [given.bytes('ciphertext'), given.bytes('laneKey')];
  const secret = agreedSecret(given.bytes('shared'), ciphertext, low, high);
  const relationship = { ackKey: ackKey(secret) } as Relationship;
  return {
    secret,
    digest: agreementDigest({ ciphertext, laneKey }, low, high),
    mac: agreementMac(secret, ciphertext, laneKey),
    ack: ackMac(relationship, given.bytes('head')),
  };
}

function freshKeyOf(given: Given): object {
  const by = {
    ackKey: given.bytes('ackKey'),
    device: given.bytes('device'),
    incarnation: given.number('incarnation'),
  };
  return { mac: freshKey(by, given.number('number'), given.bytes('kemKey')).mac };
}

function placeOf(given: Given): object {
  const kind = given.number('kind') as SlotKind;
  return {
    key: slotKey({ kind, writer: given.bytes('writer'), position: given.bytes('position') }),
  };
}

function listOf(given: Given): object {
  const slots = given.list('slots').map(slotOf);
  return { root: slotListRoot(slots), paths: slots.map((_, i) => slotPath(slots, i)) };
}

function keysOf(given: Given): object {
  const suite = given.number('suite') as Suite;
  const publicKey = given.bytes('publicKey');
  return {
    keyDigest: keyDigest(suite, publicKey),
    device: deviceId(given.bytes('network'), suite, publicKey),
    node: nodeId(suite, publicKey),
    voter: voterId({ suite, voteKey: publicKey }),
    context: signatureContext(given.number('kind') as Kind, suite, given.bytes('network')),
  };
}

function positionsOf(given: Given): object {
  const [device, incarnation] = [given.bytes('device'), given.number('incarnation')];
  const [spool, head] = [given.bytes('spoolKey'), given.bytes('head')];
  return {
    incarnation: incarnationPosition(device, incarnation),
    delivery: deliveryPosition(spool, head),
    deliveryValue: deliveryValue(spool, head),
    mark: stepPosition(device, incarnation, given.number('seq')),
  };
}

function viewOf(given: Given): object {
  const view = {
    mine: given.bytes('mine'),
    theirs: given.bytes('theirs'),
    mineStart: given.bytes('mineStart'),
    theirsStart: given.bytes('theirsStart'),
  };
  return { leaf: viewLeaf(given.number('side') as Side, view) };
}

export const derivationJudges: Readonly<Record<string, Checks>> = {
  hash: {
    domain: deriving((given) => ({
      digest: hash(given.text('domain') as Domain, ...given.bytesList('fields')),
    })),
    address: deriving((given) => ({ digest: address(patternOf(given.number('pattern'))) })),
  },
  lane: { derive: deriving(laneOf) },
  view: { derive: deriving(viewOf) },
  map: {
    root: deriving((given) => {
      const map = deviceMap();
      map.apply(pairsOf(given, 'writes'));
      return { size: map.size(), root: map.root() };
    }),
    prove: deriving(proven),
  },
  proof: { evaluate: evaluated },
  slot: {
    place: deriving(placeOf),
    list: deriving(listOf),
    keys: deriving(keysOf),
    positions: deriving(positionsOf),
  },
  vote: {
    tree: deriving((given) => votesTree(given.bytesList('digests'))),
    digest: deriving((given) => ({
      digest: voteDigest(given.bytes('lineage'), given.number('version'), slotOf(given)),
    })),
  },
  note: {
    derive: deriving(noteDerived),
    opening: (bytes, given) => {
      const place = {
        kind: 1,
        writer: given.bytes('writer'),
        position: given.bytes('position'),
      } as const;
      return { expect: opensPurseNote(place, bytes) ? 'ok' : 'opening' };
    },
  },
  contact: { derive: deriving(contactOf) },
  'fresh-key': { derive: deriving(freshKeyOf) },
};
