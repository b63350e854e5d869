/** Judges of identity: genesis, contributions, updates of a device tree, membership. */

import {
  checkMembership,
  checkUpdate,
  commitTo,
  contribution,
  genesis,
  genesisId,
  genesisPlace,
  genesisStatement,
  headAfter,
  membership,
  mix,
  statusValue,
  transcriptDigest,
  deviceLeaf,
  treePosition,
  treeStart,
  treeUpdate,
  updateDigest,
  type Commitment,
  type Contribution,
  type Reveal,
  type TreeHead,
} from '@dsm/identity';
import { slotKey } from '@dsm/primitive';
import { registriesIn } from './acceptance.ts';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { decodedAs, decoding } from './objects.ts';

function derivedOf(value: Contribution): object {
  switch (value.type) {
    case 'commitment':
      return {};
    case 'transcript':
      return { digest: transcriptDigest(value.commitments) };
    case 'reveal':
      return { commitment: commitTo(value).commitment };
  }
}

const revealOf = (given: Given): Reveal => ({
  contributor: given.bytes('contributor'),
  entropy: given.bytes('entropy'),
});

function mixed(_: Uint8Array, given: Given): Finding {
  const commitments = given.list('commitments').map((one): Commitment => ({
    contributor: one.bytes('contributor'),
    commitment: one.bytes('commitment'),
  }));
  const found = mix(commitments, revealOf(given.at('own')), given.list('reveals').map(revealOf));
  if (!found.ok) return { expect: found.refusal };
  return {
    expect: 'ok',
    derived: toJson({ entropy: found.entropy, transcript: found.transcript }),
  };
}

function headOf({ seq, digest, root, alive, authority, rotations }: TreeHead): object {
  return { seq, digest, root, alive, authority: authority.key, rotations };
}

/** The update behind others, which are taken as they are. */
function followed(bytes: Uint8Array, given: Given): Finding {
  const start = treeStart(decodedAs(genesis, given.bytes('genesis')));
  const head = given
    .bytesList('before')
    .map((one) => decodedAs(treeUpdate, one).update)
    .reduce(headAfter, start);
  const found = checkUpdate(head, decodedAs(treeUpdate, bytes));
  return found.ok
    ? { expect: 'ok', derived: toJson(headOf(found.head)) }
    : { expect: found.refusal };
}

function shown(bytes: Uint8Array, given: Given): Finding {
  const claim = decodedAs(membership, bytes);
  const found = checkMembership(claim, given.bytes('network'), registriesIn(given));
  if (!found.ok) return { expect: found.refusal };
  const { head, rotations } = found.member;
  return { expect: 'ok', derived: toJson({ ...headOf(head), changes: rotations }) };
}

export const identityJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  genesis: {
    decode: decoding(genesis, (value) => ({
      id: genesisId(value),
      slot: slotKey(genesisPlace(value.suite, value.authority)),
      statement: genesisStatement(value),
    })),
  },
  contribution: { decode: decoding(contribution, derivedOf), mix: mixed },
  'tree-update': {
    decode: decoding(treeUpdate, ({ update }) => ({
      digest: updateDigest(update),
      position: treePosition(update.genesis, update.seq),
    })),
    check: followed,
  },
  membership: {
    decode: decoding(membership, ({ genesis: by, devices }) => ({
      leaves: devices.map(({ device, status }) => ({
        key: deviceLeaf(genesisId(by), device),
        value: statusValue(status),
      })),
    })),
    check: shown,
  },
};
