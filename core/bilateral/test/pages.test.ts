/** The pages of the specification name the refusals of the code, all of them and no other. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { evidenceRefusals, limits, receiptRefusals, type CardRefusal } from '@dsm/primitive';
import { lineageRefusals, operationRefusals } from '@dsm/protocols';

const cardRefusals: Record<CardRefusal, true> = {
  network: true,
  'key-size': true,
  generation: true,
  succession: true,
  signature: true,
};

const tables: readonly (readonly [page: string, heading: string, refusals: object])[] = [
  ['receipt', 'refusal', receiptRefusals],
  ['evidence', 'refusal', evidenceRefusals],
  ['card', 'refusal', cardRefusals],
  ['lineage', 'refusal', lineageRefusals],
  ['operation', 'detail', operationRefusals],
];

/** The names in the first cells of the table under `heading`. */
function namesOn(page: string, heading: string): Set<string> {
  const text = readFileSync(`docs/spec/${page}.md`, 'utf8');
  const from = text.search(new RegExp(`^\\| ${heading} `, 'm'));
  const [table = ''] = text.slice(from).split('\n\n');
  return new Set([...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!));
}

for (const [page, heading, refusals] of tables) {
  test(`the page ${page} lists every refusal, and no other`, () => {
    assert.deepEqual(namesOn(page, heading), new Set(Object.keys(refusals)));
  });
}

test('the bounds on the pages are those of the code', () => {
  const bounds: readonly (readonly [page: string, number])[] = [
    ['acceptance', limits.runBytesMax],
    ['acceptance', limits.runEntriesMax],
    ['entry', limits.operationBytesMax],
    ['entry', limits.checkpointInterval],
    ['step', limits.receiptBytesMax],
    ['step', limits.slotsMax],
    ['receipt', limits.operationBytesMax + 79],
    ['evidence', 4 * limits.receiptBytesMax],
    ['evidence', limits.operationBytesMax + 256],
    ['operation', limits.inputsMax],
    ['operation', limits.outputsMax],
    ['lineage', limits.objectBytesMax],
    ['trade', limits.messageBytesMax],
    ['card', limits.nameBytesMax],
  ];
  for (const [page, bound] of bounds) {
    const text = readFileSync(`docs/spec/${page}.md`, 'utf8');
    const number = bound.toLocaleString('en');
    assert.match(text, new RegExp(`(?<![\\d,])${number}(?![\\d,])`), `${page}: ${number}`);
  }
});
