/** Exit codes, streams and the form of errors, one command line at a time. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCodes } from '@dsm/wallet';
import { explanations } from '../src/explanations.ts';
import { exitOf, ownCodes, type FailureCode } from '../src/failure.ts';
import { capacityOf } from '../src/node-run.ts';
import { place, placeWithNetwork } from './surroundings.ts';

const withoutWallet: readonly (readonly [line: string, exit: number, code: string])[] = [
  ['pya', 2, 'usage'],
  ['pay', 2, 'usage'],
  ['id --no-such-flag', 2, 'usage'],
  ['id too many', 2, 'usage'],
  ['config get colour', 3, 'not-found'],
  ['config set over sea', 2, 'usage'],
  ['id', 3, 'not-found'],
  ['init --yes', 2, 'usage'],
  ['init --yes --network nowhere.json', 3, 'not-found'],
  ['meet', 2, 'usage'],
  ['node status nonsense', 2, 'usage'],
  ['node status http://127.0.0.1:9', 5, 'unreachable'],
  ['node run --capacity much', 2, 'usage'],
  ['node run --listen nowhere', 2, 'usage'],
  ['node run --rate much', 2, 'usage'],
  ['node run --tls-cert a.pem', 2, 'usage'],
  ['node run --tls-cert nowhere.pem --tls-key nowhere.key', 3, 'not-found'],
  ['schema nothing', 3, 'not-found'],
  ['completion tcsh', 2, 'usage'],
  ['restore nowhere.backup', 3, 'not-found'],
];

for (const [line, exit, code] of withoutWallet) {
  test(`dsm ${line} exits with ${exit}`, async () => {
    const said = await place().dsm(`${line} --json`);
    assert.deepEqual([said.exit, said.stdout], [exit, '']);
    const { error } = JSON.parse(said.stderr) as { error: Record<string, string> };
    assert.equal(error['code'], code);
    assert.equal(error['docs'], `docs/errors.md#${code}`);
    assert.ok(error['message'] !== '' && error['fix'] !== '');
  });
}

test('an error for people says what, and what to try', async () => {
  const { stderr, stdout } = await place().dsm('pya');
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^dsm: unknown command 'pya'\n\(Did you mean pay\?\)\n {2}try: .+\n {2}see: /,
  );
});

test('help and version go to standard output', async () => {
  for (const line of ['--help', 'help pay', 'pay --help', '--version']) {
    const said = await place().dsm(line);
    assert.deepEqual([said.exit, said.stderr], [0, ''], line);
    assert.notEqual(said.stdout, '');
  }
  assert.equal((await place().dsm('contact')).exit, 2);
});

test('a wallet is made once, and opened by its passphrase', async () => {
  const { dsm } = await placeWithNetwork();
  const secret = { DSM_PASSPHRASE: 'three small boats' };
  const made = await dsm('init --name Maya --network network.json --json', secret);
  assert.equal(made.exit, 0, made.stderr);
  assert.equal((await dsm('init --network network.json --json', secret)).exit, 2);
  assert.equal((await dsm('id')).exit, 9);
  assert.equal((await dsm('id', { DSM_PASSPHRASE: 'three large boats' })).exit, 9);
  const again = await dsm('id --json', secret);
  const { words, ...rest } = JSON.parse(made.stdout) as { words: string };
  assert.equal(words.split(' ').length, 24);
  assert.deepEqual(JSON.parse(again.stdout), rest, 'the words are shown once, and kept nowhere');
  assert.equal((await dsm('status', secret)).stdout, (await dsm('', secret)).stdout);
});

test('a wallet that another process holds is busy', async () => {
  const { folder, dsm } = await placeWithNetwork();
  assert.equal((await dsm('init --yes --home w --network network.json')).exit, 0);
  const { lockDirectory } = await import('@dsm/node');
  const lock = await lockDirectory(join(folder, 'w'));
  assert.equal((await dsm('id --home w')).exit, 10);
  await lock.release();
  assert.equal((await dsm('id --home w')).exit, 0);
});

test('the demonstration takes no folder of a wallet', async () => {
  const { dsm } = await placeWithNetwork();
  await dsm('init --yes --home w --network network.json');
  assert.equal((await dsm('dev --once --fresh --home w')).exit, 2);
  assert.equal((await dsm('id --home w')).exit, 0);
});

test('a damaged keystore is an integrity failure', async () => {
  const { folder, dsm } = await placeWithNetwork();
  await dsm('init --yes --home w --network network.json');
  writeFileSync(join(folder, 'w', 'key'), 'not a key');
  assert.equal((await dsm('id --home w')).exit, 7);
});

test('doctor tells what stands in the way', async () => {
  const { dsm } = await placeWithNetwork();
  const said = await dsm('doctor --network network.json --json');
  assert.equal(said.exit, 75);
  const findings = JSON.parse(said.stdout) as readonly { check: string; state: string }[];
  const stateOf = (check: string): string | undefined =>
    findings.find((one) => one.check === check)?.state;
  assert.equal(stateOf('key'), 'warn');
  assert.equal(stateOf('nodes'), 'fail');
});

test('every code has an exit code of the table, and words', () => {
  const known = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 75, 130];
  const codes = [...Object.keys(errorCodes), ...Object.keys(ownCodes)] as FailureCode[];
  assert.deepEqual(Object.keys(explanations).toSorted(), codes.toSorted());
  assert.deepEqual(
    codes.filter((code) => !known.includes(exitOf(code))),
    [],
  );
});

test('sizes are read as people write them', () => {
  assert.deepEqual(['10GB', '500MB', '1.5kB', '2GiB', '100', '7B'].map(capacityOf), [
    10e9,
    500e6,
    1_500,
    2 * 1_024 ** 3,
    100,
    7,
  ]);
});
