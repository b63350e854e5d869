/** Credentials and logins at the command line: by files, and over a connection with a yes given before. */

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { challenge, checkLogin, login } from '@dsm/identity';
import { installNative } from '@dsm/node';
import { networkId } from '@dsm/wallet';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { attributesFromJson, attributesIn } from '../src/credential-input.ts';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { mismatch } from './schema-check.ts';
import { place } from './surroundings.ts';

installNative();

const described = schemas(commands);
const { folder, dsm, begin } = place();
let nodes: Cluster;
let maya: { readonly device: string; readonly network: string };
let token: string;

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  for (const name of ['Uni', 'Maya', 'Lib']) await good('init', `--name ${name} --yes`, name);
  maya = await good('id', '', 'Maya');
  await meet('Uni', 'Maya');
  const made = await good<{ id: string }>('token issue', 'DIP --cap 9 --form credential', 'Uni');
  token = made.id;
  await good('sync', '', 'Maya');
});

after(() => nodes.end());

test('a credential is issued, shown by files, judged and revoked', async () => {
  const issued = await good<{ id: string; serial: string }>(
    'credential issue',
    'DIP --to Maya grade:integer=17 born:date=2001-02-28 name=Maya honours:boolean=yes',
    'Uni',
  );
  assert.equal(issued.serial, '1');
  await good('sync', '', 'Maya');
  const [held] = await good<{ id: string; attributes: object }[]>('credential list', '', 'Maya');
  assert.equal(held?.id, issued.id);
  const one = await good<{ attributes: object }>('credential show', issued.id, 'Maya');
  assert.deepEqual(one.attributes, {
    born: { date: '2001-02-28' },
    grade: { integer: '17' },
    honours: true,
    name: 'Maya',
  });
  const [ask, shown] = ['ask.bin', 'shown.bin'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  await good('credential challenge', `${ask} ${token} grade`, 'Lib');
  assert.equal((await said(`credential present ${ask} ${shown}`, 'Maya')).exit, 2, 'no yes');
  await good('credential present', `${ask} ${shown} --yes`, 'Maya');
  assert.ok(statSync(shown).size <= 12_000);
  const verified = await good<Verified>('credential verify', `${shown} ${ask} --online`, 'Lib');
  assert.deepEqual(verified.attributes, { grade: { integer: '17' } });
  assert.deepEqual([verified.revocation, verified.device], ['free', undefined]);
  await good('credential challenge', `${ask} ${token} grade`, 'Lib');
  assert.equal((await said(`credential verify ${shown} ${ask}`, 'Lib')).exit, 4, 'replayed');
  await good('credential present', `${ask} ${shown} --yes`, 'Maya');
  const file = join(folder, 'revoked.bin');
  await good('credential revoke', `${issued.id} --file ${file}`, 'Uni');
  const told = `credential verify ${shown} ${ask} --revoked ${file}`;
  assert.equal((await said(told, 'Lib')).exit, 4, 'told');
  assert.equal((await said(`credential verify ${shown} ${ask}`, 'Lib')).exit, 4, 'revoked');
  const [row] = await good<{ revoked: boolean }[]>('credential issued', '', 'Uni');
  assert.equal(row?.revoked, true);
});

test('a holder that is not reached takes a file, and a key of its own', async () => {
  const { key } = await good<{ key: string }>('credential key', '', 'Maya');
  const [from, file] = ['says.json', 'maya.cred'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  writeFileSync(from, JSON.stringify({ name: 'Maya', grade: 5, photo: { bytes: 'AQID' } }));
  await good(
    'credential issue',
    `DIP --to Maya --attributes ${from} --key ${key} --file ${file}`,
    'Uni',
  );
  assert.equal(statSync(file).mode & 0o077, 0, 'for its owner alone');
  await good('credential accept', file, 'Maya');
  assert.equal((await said(`credential accept ${file}`, 'Lib')).exit, 4);
});

test('a contact is shown what its holder has said yes to before', async () => {
  const [held] = (
    await good<{ id: string; ticker: string; attributes: object }[]>('credential list', '', 'Maya')
  ).filter(({ attributes }) => 'photo' in attributes);
  const ask = (address: unknown): string =>
    `credential request ${token} name dsm-device --to ${String(address)}`;
  const listen = `meet --listen 127.0.0.1:0 --once --home ${home('Maya')} --json --network ${nodes.networkPath}`;
  const unasked = begin(listen);
  const refused = await said(ask((await unasked.event('listening'))['address']), 'Lib');
  assert.equal(refused.exit, 4);
  await unasked.ended;
  const asked = begin(`${listen} --show ${held!.id}`);
  const { address } = await asked.event('listening');
  const verified = await good<Verified>(
    'credential request',
    ask(address).replace('credential request ', ''),
    'Lib',
  );
  await asked.ended;
  assert.deepEqual([verified.attributes, verified.device], [{ name: 'Maya' }, maya.device]);
});

test('a login answers the origin that is meant', async () => {
  const [asked, answer] = ['asked.bin', 'answer.bin'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const audience = 'https://shop.example';
  const network = networkId(maya.network);
  const nonce = new Uint8Array(32).fill(7);
  writeFileSync(asked, challenge.encode({ network, nonce, audience, wanted: undefined }));
  assert.equal((await said(`login ${audience} ${asked} ${answer}`, 'Maya')).exit, 2, 'no yes');
  assert.equal(
    (await said(`login https://thief.example ${asked} ${answer} --yes`, 'Maya')).exit,
    4,
  );
  await good('login', `${audience} ${asked} ${answer} --yes`, 'Maya');
  const bytes = Uint8Array.from(readFileSync(answer));
  assert.ok(login.decode(bytes).ok);
  assert.ok(checkLogin(bytes, { network, nonce, audience }).ok);
});

test('attributes are read as they are meant, or not at all', () => {
  assert.deepEqual(attributesIn(['a=b=c', 'n:integer=-5', 'f:boolean=no', 'x:bytes=AQ']), {
    a: 'b=c',
    n: -5n,
    f: false,
    x: Uint8Array.of(1),
  });
  for (const bad of ['a', '=b', 'n:integer=1.5', 'f:boolean=maybe', 'x:bytes=?', 'd:day=1']) {
    assert.throws(() => attributesIn([bad]), { code: 'usage' }, bad);
  }
  assert.deepEqual(attributesFromJson('{"a":"b","n":5,"d":{"date":"2001-02-28"},"t":true}'), {
    a: 'b',
    n: 5n,
    d: { date: '2001-02-28' },
    t: true,
  });
  for (const bad of ['[]', '1', '{', '{"n":1.5}', '{"n":null}', '{"n":{"integer":"x"}}']) {
    assert.throws(() => attributesFromJson(bad), { code: 'usage' }, bad);
  }
});

interface Verified {
  readonly attributes: object;
  readonly revocation: string;
  readonly device?: string;
}

async function meet(host: string, guest: string): Promise<void> {
  const listening = begin(
    `meet --listen 127.0.0.1:0 --once --home ${home(host)} --json --network ${nodes.networkPath}`,
  );
  const { address } = await listening.event('listening');
  await good('meet', `--to ${String(address)}`, guest);
  await listening.ended;
}

function home(name: string): string {
  return join(folder, name);
}

function said(line: string, name: string): ReturnType<typeof dsm> {
  return dsm(`${line} --json --home ${home(name)} --network ${nodes.networkPath}`);
}

/** Runs well, and prints what its schema says. */
async function good<T>(command: string, rest: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await said(rest === '' ? command : `${command} ${rest}`, name);
  assert.equal(exit, 0, `${command} ${rest}: ${stderr}`);
  const document: unknown = JSON.parse(stdout);
  assert.equal(mismatch(described[command]!, document), undefined, command);
  return document as T;
}
