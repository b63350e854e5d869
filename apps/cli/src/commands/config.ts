/** `dsm config`: settings and their origins. */

import type { CommandSpec } from '../command.ts';
import { isUrl, located, readNetwork } from '../network-file.ts';
import * as s from '../schema.ts';
import { keepSetting, settingName, settingNames, settingRules } from '../settings.ts';
import { table } from '../view.ts';

const settingSchema: s.Schema = s.record({
  name: s.oneOf(...settingNames),
  value: s.text,
  origin: s.oneOf('flag', 'environment', 'folder', 'user', 'default'),
  from: s.text,
});

const get: CommandSpec = {
  name: 'get',
  summary: 'show one setting',
  arguments: [{ form: '<name>', meaning: settingNames.join(', ') }],
  example: 'dsm config get network',
  output: settingSchema,
  run: async (context, input) => {
    const setting = context.settings[settingName(input.argument(0))];
    context.result(setting, setting.value);
    return 0;
  },
};

const set: CommandSpec = {
  name: 'set',
  summary: 'keep a setting for this user',
  details: 'A network is read before it is kept.',
  arguments: [
    { form: '<name>', meaning: settingNames.join(', ') },
    { form: '<value>', meaning: 'the new value' },
  ],
  example: 'dsm config set network ./network.json',
  output: s.record({ name: s.oneOf(...settingNames), value: s.text, file: s.text }),
  run: async (context, input) => {
    const { cli } = context;
    const name = settingName(input.argument(0));
    const given = input.argument(1);
    const isPath = name === 'network' && !isUrl(given);
    const value = isPath ? located(given, cli.cwd) : given;
    if (name === 'network') await readNetwork(value, cli.cwd);
    const file = await keepSetting(cli, name, value);
    context.result({ name, value, file }, `${name} = ${value}, kept in ${file}`);
    return 0;
  },
};

const ls: CommandSpec = {
  name: 'ls',
  summary: 'list the settings',
  options: [{ form: '--show-origin', meaning: 'show what says so, too' }],
  example: 'dsm config ls --show-origin',
  output: s.list(settingSchema),
  run: async (context, input) => {
    const all = settingNames.map((name) => context.settings[name]);
    const isOrigin = input.isSet('showOrigin');
    const rows = all.map(({ name, value, origin, from }) => [
      name,
      value === '' ? '(none)' : value,
      ...(isOrigin ? [origin, from] : [settingRules[name].meaning]),
    ]);
    context.result(all, table(rows));
    return 0;
  },
};

export const config: CommandSpec = {
  name: 'config',
  summary: 'settings and their origins',
  details:
    'A flag wins over the environment (DSM_…), that over ./dsm.config.json, that over the\n' +
    "user's config.json, and that over the default.",
  commands: [get, set, ls],
};
