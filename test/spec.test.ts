/**
 * The tables of docs/spec are those of the code: of codec.md row by row and in its order, of refusals
 * name by name, none missing and none that is gone.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  domains,
  evidenceRefusals,
  kinds,
  pendings,
  refusals,
  sizes,
  slotKinds,
  suites,
  type Algorithm,
} from '@dsm/primitive';
import {
  capsuleRefusals,
  contributionRefusals,
  frameRefusals,
  introductionRefusals,
  invitationRefusals,
  membershipRefusals,
  updateRefusals,
} from '@dsm/identity';
import { bucketRefusals, ratelessRefusals, sumProofRefusals } from '@dsm/availability';
import { escrowRefusals, lineageRefusals, operationRefusals } from '@dsm/protocols';
import { attestationRefusals } from '@dsm/portable';
import { credentialRefusals, loginRefusals, presentationRefusals } from '@dsm/identity';
import { auditOutcomes } from '@dsm/wallet';
import { wordsRefusals } from '@dsm/words';
import { namesIn, rowsOf } from './table.ts';

const page = 'docs/spec/codec.md';

test('the page lists every kind with its byte', () => {
  const inCode = Object.entries(kinds).map(([name, byte]) => [
    `\`${byte.toString(16).padStart(2, '0')}\``,
    name,
  ]);
  assert.deepEqual(rowsOf(page, 'byte'), inCode);
});

test('no two kinds share a byte', () => {
  assert.equal(new Set(Object.values(kinds)).size, Object.keys(kinds).length);
});

test('the page lists every domain', () => {
  const [, list = ''] = /The domains:([\s\S]*?)\./.exec(readFileSync(page, 'utf8')) ?? [];
  const onPage = [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  assert.deepEqual(onPage, [...domains]);
});

test('the page gives the algorithms and sizes of every suite', () => {
  const named = (name: string): string => name.toLowerCase();
  const inCode = Object.entries(suites).map(([suite, { root, working }]) => [
    suite,
    root,
    working,
    `${size(root, 'publicKey')} / ${size(working, 'publicKey')}`,
    `${size(root, 'signature')} / ${size(working, 'signature')}`,
  ]);
  assert.deepEqual(
    rowsOf(page, 'suite').map((cells) => cells.map(named)),
    inCode,
  );
});

/** Of each page, the heading of the table, the column of its names, and the names in the code. */
const refusing: readonly (readonly [string, string, number, readonly string[]])[] = [
  ['acceptance', 'answer', 1, [...Object.keys(refusals), ...Object.keys(pendings)]],
  ['evidence', 'refusal', 0, Object.keys(evidenceRefusals)],
  ['operation', 'detail', 0, Object.keys(operationRefusals)],
  ['escrow', 'refusal', 0, Object.keys(escrowRefusals)],
  ['lineage', 'refusal', 0, Object.keys(lineageRefusals)],
  ['sum-map', 'refusal', 0, Object.keys(sumProofRefusals)],
  ['reconciliation', 'refusal', 0, Object.keys(ratelessRefusals)],
  ['byte-commit', 'refusal', 0, Object.keys(bucketRefusals)],
  ['genesis', 'contribution refusal', 0, Object.keys(contributionRefusals)],
  ['device-tree', 'update refusal', 0, Object.keys(updateRefusals)],
  ['device-tree', 'membership refusal', 0, Object.keys(membershipRefusals)],
  ['audit', 'outcome', 0, auditOutcomes],
  ['words', 'words refusal', 0, wordsRefusals],
  ['binding', 'refusal', 0, attestationRefusals],
  [
    'credential',
    'refusal',
    0,
    [...Object.keys(credentialRefusals), ...Object.keys(presentationRefusals)],
  ],
  ['login', 'refusal', 0, Object.keys(loginRefusals)],
  ['directory', 'invitation refusal', 0, Object.keys(invitationRefusals)],
  ['directory', 'introduction refusal', 0, Object.keys(introductionRefusals)],
  ['capsule', 'refusal', 0, [...Object.keys(capsuleRefusals), ...Object.keys(frameRefusals)]],
];

for (const [name, heading, column, inCode] of refusing) {
  test(`docs/spec/${name}.md gives every ${heading}`, () => {
    const rows = rowsOf(`docs/spec/${name}.md`, heading);
    const onPage = rows.flatMap((cells) => namesIn(cells[column] ?? ''));
    assert.deepEqual(onPage.toSorted(), inCode.toSorted());
    const empty = rows.filter((cells) => cells.slice(column + 1).every((cell) => cell === ''));
    assert.deepEqual(empty, []);
  });
}

test('docs/spec/slot.md gives every kind of slot', () => {
  const inCode = Object.entries(slotKinds).map(([name, kind]) => [`${kind}`, name]);
  const onPage = rowsOf('docs/spec/slot.md', 'kind').map((cells) => cells.slice(0, 2));
  assert.deepEqual(onPage, inCode);
});

function size(algorithm: Algorithm, what: 'publicKey' | 'signature'): string {
  return sizes[algorithm][what].toLocaleString('en');
}
