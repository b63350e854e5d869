/** The claims at scale, small: each holds, says what it did, and draws what it has to draw. */

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installIdeal } from '../ideal.ts';
import { claims } from '../scale/claims.ts';
import { countHashes } from '../scale/measure.ts';
import { dataOf, svgOf, type Chart } from '../scale/plot.ts';

installIdeal();
countHashes();

const seed = Number(process.env['SEED'] ?? 1);
const scale = { quick: true, devices: 1_000, seed, progress: (): void => {} };

for (const claim of claims) {
  test(`${claim.name}: ${claim.place}`, () => {
    const { bound, figures, findings, charts } = claim.prove(scale);
    assert.deepEqual(findings, []);
    assert.ok(bound.length > 0 && Object.keys(figures).length > 0);
    for (const chart of charts) {
      assert.ok(chart.series.every(({ points }) => points.length > 1));
      assert.match(svgOf(chart), /^<svg [^]*<\/svg>\n$/);
      assert.doesNotMatch(svgOf(chart), /NaN|Infinity|undefined/);
    }
  });
}

test('every claim has a name of its own, its place and the words of the seed', () => {
  assert.equal(new Set(claims.map(({ name }) => name)).size, claims.length);
  assert.ok(claims.every(({ place, words }) => place !== '' && words.endsWith('.')));
});

test('every chart that was drawn is that of its data, and stands on the page about scaling', () => {
  const docs = join(import.meta.dirname, '..', '..', 'docs');
  const page = readFileSync(join(docs, 'scaling.md'), 'utf8');
  const files = globSync('plots/*.json', { cwd: docs });
  assert.ok(files.length > 0);
  for (const file of files) {
    const chart = JSON.parse(readFileSync(join(docs, file), 'utf8')) as Chart;
    assert.equal(readFileSync(join(docs, 'plots', `${chart.name}.svg`), 'utf8'), svgOf(chart));
    assert.ok(page.includes(`plots/${chart.name}.svg`), chart.name);
  }
});

test('a chart puts its points where its axes say', () => {
  const chart: Chart = {
    name: 'a',
    title: 'A < B & C',
    caption: 'of nothing',
    x: { label: 'devices', scale: 'log' },
    y: { label: 'µs', scale: 'linear' },
    series: [
      {
        name: 'one',
        points: [
          [1, 0],
          [100, 50],
          [10_000, 100],
        ],
      },
    ],
  };
  const svg = svgOf(chart);
  // From the left and low to the right and high, the middle in the middle.
  const places = /points="([^"]+)"/
    .exec(svg)![1]!
    .split(' ')
    .map((one) => one.split(',').map(Number));
  const [[left, low], [middle, half], [right, high]] = places as [number[], number[], number[]];
  assert.ok(left! < right! && low! > high!);
  assert.deepEqual([middle, half], [(left! + right!) / 2, (low! + high!) / 2]);
  // What stands furthest is where the axes' last lines are.
  assert.match(svg, new RegExp(`x1="${right}" x2="${right}"`));
  assert.match(svg, new RegExp(`y1="${high}" y2="${high}"`));
  assert.match(svg, /A &lt; B &amp; C/);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.deepEqual(JSON.parse(dataOf(chart, 'npm run scale')), {
    command: 'npm run scale',
    ...chart,
  });
});
