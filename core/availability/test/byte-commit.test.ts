/** ByteCommits: who has signed one, and which comes after which. */

import assert from 'node:assert/strict';
import {
  byteCommitHolds,
  byteCommitStatement,
  follows,
  type ByteCommit,
  type SignedByteCommit,
} from '@dsm/availability';
import { kinds, zero32 } from '@dsm/primitive';
import { cheapTest } from './cheap-signatures.ts';
import { commitsOf } from './registry-signals.ts';
import { firstOf, idOf, identityOf, network, signAs } from './signers.ts';

const other = new Uint8Array(32).fill(9);

function commits(): readonly [SignedByteCommit, SignedByteCommit] {
  const [first, second] = commitsOf(firstOf(4), 1, [10, 20]);
  return [first!, second!];
}

cheapTest('a commit is signed by the node that it names, with its own key', () => {
  const [{ commit }] = commits();
  const { publicKey: identityKey, secretKey } = identityOf(1);
  const holds = (changes: Partial<ByteCommit>, key = secretKey): boolean => {
    const said = { ...commit, ...changes };
    const statement = byteCommitStatement(said, { suite: 1, identityKey });
    const signature = signAs(key, kinds.byteCommit, statement);
    return byteCommitHolds({ commit: said, suite: 1, identityKey, signature }, network);
  };
  assert.equal(holds({}), true);
  assert.equal(holds({ node: idOf(2) }), false);
  assert.equal(holds({}, identityOf(2).secretKey), false);
});

cheapTest(
  'a commit follows the one before of its node, one further and never in an older version',
  () => {
    const [{ commit: first }, { commit: second }] = commits();
    assert.equal(follows(second, first), true);
    assert.equal(follows({ ...second, version: second.version + 1 }, first), true);
    const bends: readonly Partial<ByteCommit>[] = [
      { node: idOf(2) },
      { sequence: 0 },
      { sequence: 2 },
      { version: first.version - 1 },
      { previous: zero32 },
      { previous: other },
    ];
    for (const bend of bends) assert.equal(follows({ ...second, ...bend }, first), false);
  },
);

cheapTest('the first commit has number 0 and nothing before it', () => {
  const [{ commit: first }, { commit: second }] = commits();
  assert.equal(follows(first, undefined), true);
  assert.equal(follows(second, undefined), false);
  assert.equal(follows({ ...first, sequence: 1 }, undefined), false);
  assert.equal(follows({ ...first, previous: other }, undefined), false);
});
