/** Words on the command line: drawn, shown once, repeated; and those that there were before. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installNative } from '@dsm/node';
import { readWords, wordsOf } from '@dsm/words';
import type { Cli } from '../src/cli.ts';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { run } from '../src/program.ts';
import { mismatch } from './schema-check.ts';
import { place } from './surroundings.ts';

installNative();

const described = schemas(commands);
const { folder, dsm } = place();
let nodes: Cluster;

interface Made {
  readonly device: string;
  readonly incarnation: number;
  readonly words?: string;
}

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
});

after(() => nodes.end());

async function made(line: string, env: Record<string, string> = {}): Promise<Made> {
  const { exit, stdout, stderr } = await dsm(
    `${line} --network ${nodes.networkPath} --yes --json`,
    env,
  );
  assert.equal(exit, 0, stderr);
  const document = JSON.parse(stdout) as Made;
  assert.equal(mismatch(described['init']!, document), undefined);
  return document;
}

test('words are drawn, shown once, and lie nowhere in the folder', async () => {
  const { words = '', device } = await made('init --home one --name One');
  assert.equal(readWords(words).length, 32);
  const other = await made('init --home other --name Other');
  assert.notEqual(other.words, words);
  const shown = await dsm(`init --home shown --name Shown --yes --network ${nodes.networkPath}`);
  assert.match(shown.stdout, /^ 1 [a-z]+ +2 [a-z]+ +3 [a-z]+ +4 [a-z]+$/m);
  assert.match(shown.stdout, /shown once and kept nowhere/);
  const id = await dsm('id --home one --json');
  assert.equal((JSON.parse(id.stdout) as Made).device, device);
  assert.doesNotMatch(id.stdout, /words/);
  const [first = '', second = ''] = words.split(' ');
  for (const name of readdirSync(join(folder, 'one'), { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, 'one', name);
    const bytes = name.includes('.') || !name.includes('/') ? contentOf(path) : '';
    assert.ok(!bytes.includes(`${first} ${second}`), name);
  }
});

test('the same words are the same device, which goes on as its next incarnation', async () => {
  const { words = '', device } = await made('init --home lost --name Lost');
  const env = { DSM_WORDS: words.toUpperCase() };
  const found = await made('init --home found --name Found --words-from env', env);
  assert.deepEqual([found.device, found.words], [device, undefined]);
  const second = await made('init --home second --name B --words-from env --device 1', env);
  assert.notEqual(second.device, device);
  const locked = await dsm('sync --home found');
  assert.equal(locked.exit, 9, locked.stderr);
  assert.match(locked.stderr, /docs\/errors\.md#needs-words/);
  const wrong = await dsm('sync --home found', { DSM_WORDS: wordsOf(new Uint8Array(32)) });
  assert.equal(wrong.exit, 2, wrong.stderr);
  assert.match(wrong.stderr, /words of another identity/);
  const synced = await dsm('sync --home found', env);
  assert.equal(synced.exit, 0, synced.stderr);
  const id = await dsm('id --home found --json');
  assert.equal((JSON.parse(id.stdout) as Made).incarnation, 1);
  assert.equal((await dsm('sync --home found')).exit, 0, 'the words are not needed any more');
});

test('a wallet without words, and options that make no sense', async () => {
  const { words } = await made('init --home plain --name Plain --without-words');
  assert.equal(words, undefined);
  const refused = [
    'init --home x --without-words --device 1',
    'init --home x --without-words --words-from env',
    'init --home x --device one',
    'init --home x --words-from mouth',
  ];
  for (const line of refused) {
    const said = await dsm(`${line} --yes --network ${nodes.networkPath}`);
    assert.equal(said.exit, 2, `${line}: ${said.stderr}`);
  }
  const short = await dsm(`init --home x --yes --words-from env --network ${nodes.networkPath}`, {
    DSM_WORDS: 'abandon '.repeat(12),
  });
  assert.match(short.stderr, /12 words are not enough here/);
  assert.ok(!readdirSync(folder).includes('x'), 'nothing was made');
});

test('on a terminal the words are asked for again before anything is made', async () => {
  const asked: string[] = [];
  const right = await answered('seen', (question, said) => {
    asked.push(question);
    return wordIn(said, question);
  });
  assert.equal(right.exit, 0, right.stderr);
  assert.equal(asked.length, 3);
  assert.match(right.stderr, /shown once and kept nowhere/);
  assert.doesNotMatch(right.stdout, /1 [a-z]+ +2 [a-z]+/);
  const wrong = await answered('unseen', () => 'zoo zoo');
  assert.equal(wrong.exit, 2);
  assert.match(wrong.stderr, /no wallet was made/);
  assert.ok(!readdirSync(folder).includes('unseen'));
});

interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `dsm init` with somebody who answers. */
async function answered(
  home: string,
  answer: (question: string, said: string) => string,
): Promise<Said> {
  let [stdout, stderr] = ['', ''];
  const cli: Cli = {
    env: { HOME: folder, DSM_PASSPHRASE: 'correct horse' },
    cwd: folder,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    canAsk: true,
    answer: async (question) => answer(question, stderr),
    hasColour: false,
    signal: new AbortController().signal,
  };
  const line = `init --name Dora --home ${home} --network ${nodes.networkPath}`;
  return { exit: await run(line.split(' '), cli), stdout, stderr };
}

/** What stands beside the number of a question in the list that was shown. */
function wordIn(said: string, question: string): string {
  const [, number = ''] = /(\d+)/.exec(question) ?? [];
  const [, word = ''] = new RegExp(`(?:^|\\s)${number} ([a-z]+)`, 'm').exec(said) ?? [];
  return word;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
