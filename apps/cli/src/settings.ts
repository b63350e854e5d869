/**
 * Settings and where they come from: flag, environment, `./dsm.config.json`, the user's
 * `config.json`, default. The first that says something wins.
 */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DsmError } from '@dsm/wallet';
import type { Cli } from './cli.ts';

export const settingNames = ['network', 'profile', 'listen', 'over', 'capsules'] as const;
export type SettingName = (typeof settingNames)[number];

export interface SettingRule {
  readonly meaning: string;
  readonly variable: string;
  readonly standard: string;
  readonly isValid: (value: string) => boolean;
}

export const settingRules: Readonly<Record<SettingName, SettingRule>> = {
  network: {
    meaning: 'the network file, or its HTTP address',
    variable: 'DSM_NETWORK',
    standard: '',
    isValid: (value) => value !== '',
  },
  profile: {
    meaning: 'which of several wallets',
    variable: 'DSM_PROFILE',
    standard: 'default',
    isValid: (value) => /^[\p{L}\p{N}_-]{1,48}$/u.test(value),
  },
  listen: {
    meaning: 'where `dsm meet --listen` waits',
    variable: 'DSM_LISTEN',
    standard: '127.0.0.1:0',
    isValid: (value) => /^.+:\d{1,5}$/.test(value),
  },
  over: {
    meaning: 'how to pay: auto, edge, offline or online',
    variable: 'DSM_OVER',
    standard: 'auto',
    isValid: (value) => ['auto', 'edge', 'offline', 'online'].includes(value),
  },
  capsules: {
    meaning: 'who keeps recovery data: nodes, or off',
    variable: 'DSM_CAPSULES',
    standard: 'nodes',
    isValid: (value) => ['nodes', 'off'].includes(value),
  },
};

export type Origin = 'flag' | 'environment' | 'folder' | 'user' | 'default';

export interface Setting {
  readonly name: SettingName;
  readonly value: string;
  readonly origin: Origin;
  /** The flag, variable or file that says so. */
  readonly from: string;
}

export type Settings = Readonly<Record<SettingName, Setting>>;
export type Flags = Partial<Readonly<Record<SettingName, string>>>;

/** All settings, each from the first place that has it. A value that is not valid throws `usage`. */
export async function settings(cli: Cli, flags: Flags): Promise<Settings> {
  const folderPath = join(cli.cwd, 'dsm.config.json');
  const userPath = userConfigPath(cli);
  const [folder, user] = await Promise.all([configFile(folderPath), configFile(userPath)]);
  const one = (name: SettingName): Setting => {
    const rule = settingRules[name];
    const places: readonly (readonly [Origin, string | undefined, string])[] = [
      ['flag', flags[name], `--${name}`],
      ['environment', cli.env[rule.variable], rule.variable],
      ['folder', folder[name], folderPath],
      ['user', user[name], userPath],
      ['default', rule.standard, 'default'],
    ];
    // An empty variable is as good as none: a shell cannot always unset it.
    const [origin, value = '', from] =
      places.find(([, text]) => text !== undefined && text !== '') ?? places.at(-1)!;
    if (origin !== 'default') checkSetting(name, value, from);
    return { name, value, origin, from };
  };
  return Object.fromEntries(settingNames.map((name) => [name, one(name)])) as Settings;
}

/** Keep a value in the user's file. */
export async function keepSetting(cli: Cli, name: SettingName, value: string): Promise<string> {
  checkSetting(name, value, 'the command line');
  const path = userConfigPath(cli);
  const kept = { ...(await configFile(path)), [name]: value };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(kept, undefined, 2)}\n`);
  await rename(`${path}.new`, path);
  return path;
}

export function settingName(text: string): SettingName {
  const found = settingNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new DsmError('not-found', `no setting "${text}": there are ${settingNames.join(', ')}`);
}

/** Where wallets of this user are. */
export function dataHome(cli: Cli): string {
  const base = cli.env['XDG_DATA_HOME'] ?? join(homeOf(cli), '.local', 'share');
  return join(base, 'dsm');
}

function userConfigPath(cli: Cli): string {
  const base = cli.env['XDG_CONFIG_HOME'] ?? join(homeOf(cli), '.config');
  return join(base, 'dsm', 'config.json');
}

function homeOf(cli: Cli): string {
  return cli.env['HOME'] ?? homedir();
}

function checkSetting(name: SettingName, value: string, from: string): void {
  const { isValid, meaning } = settingRules[name];
  if (isValid(value)) return;
  throw new DsmError('usage', `${name} is ${meaning}; "${value}" from ${from} is none`);
}

async function configFile(path: string): Promise<Flags> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new DsmError('not-found', `${path} cannot be read`, { cause: error });
  });
  if (text === undefined) return {};
  const value = parsed(text);
  if (value === undefined) throw new DsmError('usage', `${path} is not a JSON object of texts`);
  const unknown = Object.keys(value).find((name) => !settingNames.some((known) => known === name));
  if (unknown !== undefined) throw new DsmError('usage', `${path} has an unknown "${unknown}"`);
  return value;
}

function parsed(text: string): Record<string, string> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const isText = Object.values(value).every((one) => typeof one === 'string');
    return isText ? (value as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}
