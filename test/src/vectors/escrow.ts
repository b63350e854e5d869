/** Judges of what stands beside notes: committees, allow-lists, totals and escrows. */

import {
  committeeWriter,
  exitAmount,
  exitHead,
  exitPosition,
  isSound,
  lockCancel,
  lockHash,
  lockPosition,
  proofObject,
  totalLine,
  type ExitClaim,
  type Lock,
  type Suite,
} from '@dsm/primitive';
import {
  allowList,
  areAllowed,
  decodeOperation,
  exitOutputs,
  isEscrowOperation,
  nextEscrow,
  ownersIn,
  proveAllowed,
  restOf,
  totalDemand,
  type Escrow,
} from '@dsm/protocols';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { escrowOf, noteOf, payerOf } from './known.ts';
import { decodedAs } from './objects.ts';

type Checks = Readonly<Record<string, Judge>>;

const deriving =
  (derive: (given: Given, bytes: Uint8Array) => object): Judge =>
  (bytes, given) => ({ expect: 'ok', derived: toJson(derive(given, bytes)) });

function locksOf(given: Given): readonly Lock[] {
  return given.list('locks').map((lock) => ({
    hash: lock.bytes('hash'),
    amount: lock.amount('amount'),
  }));
}

function claimOf(given: Given): ExitClaim {
  const citation = {
    escrow: given.bytes('escrow'),
    total: given.amount('total'),
    locks: locksOf(given),
    suite: given.number('suite') as Suite,
    publicKey: given.bytes('publicKey'),
    body: new Uint8Array(32),
    path: [],
    signature: new Uint8Array(0),
  };
  return { citation, preimages: given.bytesList('preimages') };
}

const outputsOf = (owners: readonly Uint8Array[]): readonly { owner: Uint8Array }[] =>
  owners.map((owner) => ({ owner }));

/** The owners that an operation would have to show, and the one proof that shows them. */
function listed(given: Given): object {
  const list = allowList(given.bytesList('devices'));
  const outputs = outputsOf(given.bytesList('owners'));
  const proof = proveAllowed(list, outputs);
  return {
    root: list.root(),
    owners: ownersIn(outputs),
    proof: proof === undefined ? undefined : proofObject.encode(proof),
  };
}

function shown(given: Given): Finding {
  const root = given.has('root') ? given.bytes('root') : undefined;
  const proof = given.has('proof') ? decodedAs(proofObject, given.bytes('proof')) : undefined;
  const allowed = areAllowed(root, proof, outputsOf(given.bytesList('owners')));
  return { expect: allowed ? 'ok' : 'not-allowed' };
}

/** Where an escrow stands after what its payer says, operation by operation. */
function told(given: Given): Finding {
  let escrow: Escrow = escrowOf(given.at('escrow'));
  const states: object[] = [];
  for (const bytes of given.bytesList('operations')) {
    const operation = decodeOperation(bytes);
    if (typeof operation === 'string' || !isEscrowOperation(operation)) {
      throw new RangeError('a given is not said of an escrow');
    }
    const next = nextEscrow(escrow, operation);
    if (typeof next === 'string') return { expect: next };
    escrow = next;
    const { total, count, ticks, locks } = next;
    states.push({ total, count, ticks, locks, rest: restOf(next), line: totalDemand(next) });
  }
  return { expect: 'ok', derived: toJson({ states }) };
}

export const escrowJudges: Readonly<Record<string, Checks>> = {
  committee: {
    derive: deriving((given) => {
      const committee = {
        threshold: given.number('threshold'),
        members: given.bytesList('members'),
      };
      return {
        writer: committeeWriter(committee),
        sound: isSound(committee, given.number('bad')),
      };
    }),
  },
  'allow-list': {
    derive: deriving(listed),
    check: (_, given) => shown(given),
  },
  total: {
    line: deriving((given) =>
      totalLine({
        escrow: given.bytes('escrow'),
        total: given.amount('total'),
        locks: locksOf(given),
      }),
    ),
    exit: deriving((given) => {
      const claim = claimOf(given);
      return { head: exitHead(claim), amount: exitAmount(claim) };
    }),
    places: deriving((given) => {
      const escrow = given.bytes('escrow');
      const hash = lockHash(given.bytes('preimage'));
      return {
        exit: exitPosition(escrow, given.bytes('payerKey')),
        hash,
        lock: lockPosition(escrow, hash),
        cancel: lockCancel(escrow, hash),
      };
    }),
  },
  escrow: {
    tell: (_, given) => told(given),
    outputs: deriving((given) => ({
      outputs: exitOutputs(
        noteOf(given.at('note')),
        payerOf(given.at('payer')),
        given.amount('amount'),
      ),
    })),
  },
};
