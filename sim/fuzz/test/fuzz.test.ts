/**
 * The fuzzer: nothing that reads a stranger's bytes is left out, what earlier runs have kept still
 * passes, and it finds what it must within a fixed number of executions.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { instrumented } from '../instrument.ts';
import { installLoader, root, topOf } from '../load.ts';
import { wordsOf } from '../words.ts';

// Nothing of the repository may be loaded before the loader is there: that is why this test is in a
// folder of its own, and so in a process of its own.
installLoader(false);
const { corpora, corpusOf } = await import('../corpus.ts');
const { placeOf } = await import('../coder-targets.ts');
const { execute } = await import('../execute.ts');
const { allTargets } = await import('../targets.ts');
const { notTargets } = await import('../not-targets.ts');
const targets = await allTargets();
const names = new Set(targets.map(({ name }) => name));

const sources = globSync('{core,host,apps}/*/src/**/*.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.includes('/conformance/'));

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

test('every object that is defined anywhere is a target', () => {
  let found = 0;
  for (const file of sources) {
    for (const [, name] of textOf(file).matchAll(/^(?:export )?const (\w+)[^=;]*= object\(/gm)) {
      assert.ok(names.has(`${placeOf(file)}.${name}`), `${file}: ${name}`);
      found += 1;
    }
    const calls = [...textOf(file).matchAll(/(?<![\w.])object(?:<.*>)?\(/g)].length;
    const made = [...textOf(file).matchAll(/ = object\(/g)].length;
    const isDefinition = file === 'core/primitive/src/codec.ts' ? 1 : 0;
    const isOther = /\b(?:const|function) object\b|[({,] ?object[,:)} ]/.test(textOf(file));
    assert.ok(isOther || calls - isDefinition === made, `${file}: an object that has no name`);
  }
  assert.ok(found > 50);
});

test('every function that reads bytes or a text is a target, or stands among those that need not', () => {
  const shape =
    /^(?:export )?(?:async )?function (decode\w*|parse\w*|read(?:[A-Z]\w*)?|from[A-Z]\w*|idBytes|unseal\w*)\(\s*\w+: (?:Uint8Array|string)[,)]/gm;
  const read = sources.flatMap((file) =>
    [...textOf(file).matchAll(shape)].map(([, name]) => `${placeOf(file)}.${name}`),
  );
  assert.ok(read.length > 15);
  const left = read.filter((name) => !names.has(name) && !Object.hasOwn(notTargets, name));
  assert.deepEqual(left, []);
  const gone = Object.keys(notTargets).filter((name) => !read.includes(name));
  assert.deepEqual(gone, [], 'what need not be a target is still there');
});

test('every target has a corpus, every corpus a target', () => {
  assert.deepEqual(corpora(), [...names].toSorted());
});

test('what earlier runs have kept passes, and something of each is taken', async () => {
  for (const target of targets) {
    let taken = 0;
    for (const bytes of corpusOf(target.name)) {
      const outcome = await execute(target, bytes.slice());
      assert.equal(typeof outcome, 'string', `${target.name}: ${JSON.stringify(outcome)}`);
      if (outcome === 'taken') taken += 1;
    }
    assert.ok(taken > 0, target.name);
  }
});

test('bytes that may follow a value are found within 2,000 executions', () => {
  const edits = [
    {
      file: 'core/primitive/src/codec.ts',
      from: 'const isWhole = !r.bad() && r.left() === 0;',
      to: 'const isWhole = !r.bad();',
    },
  ];
  const args = ['sim/fuzz/main.ts', 'primitive/entry.entry', '--runs', '2000'];
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--import', './sim/edits/load.ts', ...args],
    { cwd: root, encoding: 'utf8', env: { ...process.env, DSM_EDITS: JSON.stringify(edits) } },
  );
  assert.equal(status, 1);
  assert.match(stdout, /FOUND primitive\/entry\.entry: two spellings/);
});

test('counters change nothing of what a text does, and count its branches', () => {
  const text = `
    const pick = (a, b) => (a && b) || (b ?? 'none');
    const sign = (n) => n < 0 ? 'minus' : n === 0 ? 'zero' : 'plus';
    const made = { a: [1, 2].map((n) => ({ n })), t: \`\${sign(1)} { \${\`\${pick(0, 2)}\`} }\` };
    function which(n) {
      switch (n) { case 1: return 'one'; default: { return /[/}]{2}/.test('}}') ? 'two' : '}'; } }
    }
    let left = 3; do left -= 1; while (left > 0 && sign(left) === 'plus');
    for (const each of new Uint8Array(2)) if (each > 0) left = each;
    return JSON.stringify([pick(1, 0), sign(-1), made, which(1), which(2), left]);`;
  const ran = (code: string): unknown => runInNewContext(`(() => {${code}})()`);
  const plain = ran(text);
  const counted = instrumented(text, './counters', 1);
  const end = counted.indexOf(';') + 1;
  const given = `let count = 0; const dsm$b = () => { count++; }; const dsm$e = (n, v) => (count++, v);
    const dsm$a = () => (count++, true); const dsm$o = () => (count++, false);
    const dsm$n = () => { count++; }; const dsm$m = (n) => n;`;
  const body = counted
    .slice(end)
    .replace('return JSON', 'if (count < 15) throw count; return JSON');
  assert.equal(ran(given + body), plain);
});

test('words of a text are the text', () => {
  for (const file of sources.slice(0, 60)) {
    const text = textOf(file);
    assert.equal(
      wordsOf(text)
        .map((word) => word.text)
        .join(''),
      text,
    );
  }
  assert.deepEqual(topOf('export const a = 1;\nasync function b() {}\n  const c = 2;'), ['a', 'b']);
});
