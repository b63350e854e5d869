/** Settings come from the first place that has them: flag, environment, folder, user, default. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Origin, Setting } from '../src/settings.ts';
import { place, placeWithNetwork } from './surroundings.ts';

const origins: readonly Origin[] = ['flag', 'environment', 'folder', 'user', 'default'];

test('each place wins over those after it', async () => {
  for (const [rank, origin] of origins.entries()) {
    const has = (name: Origin): boolean => origins.indexOf(name) >= rank;
    const { folder, dsm } = place();
    if (has('user')) {
      mkdirSync(join(folder, '.config/dsm'), { recursive: true });
      writeFileSync(join(folder, '.config/dsm/config.json'), '{"profile":"user"}');
    }
    if (has('folder')) writeFileSync(join(folder, 'dsm.config.json'), '{"profile":"folder"}');
    const env = has('environment') ? { DSM_PROFILE: 'environment' } : {};
    const flag = has('flag') ? ' --profile flag' : '';
    // Everything from this rank on is there, so exactly this rank must be heard.
    const { stdout, exit } = await dsm(`config get profile --json${flag}`, env);
    assert.equal(exit, 0);
    const { origin: heard, value } = JSON.parse(stdout) as Setting;
    assert.deepEqual([heard, value], [origin, origin]);
  }
});

test('an empty variable says nothing', async () => {
  const { stdout } = await place().dsm('config get profile', { DSM_PROFILE: '' });
  assert.equal(stdout, 'default\n');
});

test('a setting is kept where XDG_CONFIG_HOME says', async () => {
  const { folder, dsm } = place();
  const env = { XDG_CONFIG_HOME: join(folder, 'elsewhere') };
  assert.equal((await dsm('config set over online', env)).exit, 0);
  assert.equal((await dsm('config get over', env)).stdout, 'online\n');
  assert.equal((await dsm('config get over')).stdout, 'auto\n');
});

test('a network is read before it is kept, and kept with its whole path', async () => {
  const { folder, dsm } = await placeWithNetwork();
  assert.equal((await dsm('config set network nowhere.json')).exit, 3);
  assert.equal((await dsm('config set network network.json')).exit, 0);
  const { stdout } = await dsm('config get network');
  assert.equal(stdout, `${join(folder, 'network.json')}\n`);
});

for (const [what, text] of [
  ['no JSON', '{'],
  ['a list', '[]'],
  ['an unknown setting', '{"colour":"red"}'],
  ['a number', '{"profile":1}'],
  ['a value that is not valid', '{"over":"sea"}'],
] as const) {
  test(`a file with ${what} is refused`, async () => {
    const { folder, dsm } = place();
    writeFileSync(join(folder, 'dsm.config.json'), text);
    assert.equal((await dsm('config ls')).exit, 2);
  });
}

test('the origin of each setting is shown', async () => {
  const { stdout } = await place().dsm('config ls --show-origin', { DSM_OVER: 'offline' });
  assert.match(stdout, /^over +offline +environment +DSM_OVER$/m);
  assert.match(stdout, /^profile +default +default +default$/m);
});
