/** `dsm device ls`, `add`, `retire` and so on: the devices of one owner. */

import { readFile } from 'node:fs/promises';
import { nativeStretch, nativeStretchAvailable } from '@dsm/node';
import { portableStretch } from '@dsm/portable';
import {
  DsmError,
  identityFrom,
  networkId,
  type AuthorityKeys,
  type IdentityTree,
  type OwnedDevice,
  type Wallet,
} from '@dsm/wallet';
import { parseAmount } from '../amount.ts';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { paymentLine, paymentSchema, paymentView } from '../view.ts';
import { wordsFrom, wordsOption } from '../words-source.ts';

const deviceSchema: s.Schema = s.partial(
  {
    device: s.text,
    name: s.text,
    state: s.oneOf('alive', 'retired', 'succeeded'),
    here: s.flag,
  },
  { since: s.count, by: s.text },
);

const treeSchema: s.Schema = s.record({
  identity: s.text,
  seq: s.count,
  rotations: s.count,
  complete: s.flag,
  open: s.flag,
  devices: s.list(deviceSchema),
  notices: s.list(s.record({ seq: s.count, explain: s.text, seenAt: s.count })),
});

function treeView({ identity, seq, rotations, complete, open, ...rest }: IdentityTree): object {
  return {
    identity,
    seq,
    rotations,
    complete,
    open,
    devices: rest.devices.map(deviceView),
    notices: rest.notices.map(({ seq: at, explain, seenAt }) => ({ seq: at, explain, seenAt })),
  };
}

function deviceView({ device, name, state, here, since, by }: OwnedDevice): object {
  return {
    device,
    name,
    state,
    here,
    ...(since !== undefined && { since }),
    ...(by !== undefined && { by }),
  };
}

function treeLines(tree: IdentityTree): readonly string[] {
  const { identity, seq, rotations, complete, open, devices, notices } = tree;
  const changes = rotations === 0 ? '' : `, authority changed ${rotations} times`;
  return [
    `${identity}  update ${seq}${changes}`,
    ...devices.map(deviceLine),
    ...(complete ? [] : ['There may be others: this is what was shown.']),
    ...(open ? ['An update is signed and not certified yet: dsm sync goes on with it.'] : []),
    ...notices.map(({ explain }) => explain),
  ];
}

function deviceLine({ device, name, state, here, since, by }: OwnedDevice): string {
  const called = name === '' ? device : `${name}  ${device}`;
  const gone = since === undefined ? '' : ` since update ${since}`;
  const next = by === undefined ? '' : `, its place is taken by ${by}`;
  return `${called}  ${state}${gone}${next}${here ? ', this one' : ''}`;
}

function shown(context: Context, tree: IdentityTree): number {
  context.result(treeView(tree), treeLines(tree));
  return 0;
}

/** The keys that may sign the tree: the words are asked for each time, and forgotten with the command. */
async function authority(context: Context, wallet: Wallet, input: Input): Promise<AuthorityKeys> {
  const words = await wordsFrom(context, input.option('wordsFrom'));
  const stretch = nativeStretchAvailable() ? nativeStretch : portableStretch;
  return identityFrom(words, networkId(wallet.id.network), stretch, wallet.id.suite);
}

async function cardIn({ cli }: Context, name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(located(name, cli.cwd)));
}

export const ls: CommandSpec = {
  name: 'ls',
  summary: 'list the devices of this identity, as the nodes have them',
  example: 'dsm device ls',
  output: treeSchema,
  run: (context) =>
    withWallet(context, async (wallet) => shown(context, await wallet.devices.refresh())),
};

export const add: CommandSpec = {
  name: 'add',
  summary: 'add a device to this identity',
  details:
    'Without a file this device itself; the first time that also publishes the identity. With a file,\n' +
    'the device whose card it is (dsm id --card FILE there): it was made from the same words.\n' +
    'Use one device at a time for this: two that sign at one moment can block each other for good.',
  arguments: [{ form: '[card]', meaning: 'the file with the card of the other device' }],
  options: [wordsOption],
  example: 'dsm device add laptop.card',
  output: treeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const file = input.optional(0);
      const card = file === undefined ? undefined : await cardIn(context, file);
      const by = await authority(context, wallet, input);
      return shown(context, await wallet.devices.add(by, card));
    }),
};

export const retire: CommandSpec = {
  name: 'retire',
  summary: 'take a device out: contacts refuse what it writes from then on',
  details:
    'It never comes back. What it has stays on it: move it first, or restore it with the words to get at\n' +
    'it. What was certified stays. Contacts know once they sync, or meet another device of yours.',
  arguments: [{ form: '<device>', meaning: 'its name here, or its id or a unique prefix of it' }],
  options: [wordsOption],
  example: 'dsm device retire Phone',
  output: treeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const by = await authority(context, wallet, input);
      return shown(context, await wallet.devices.retire(by, input.argument(0)));
    }),
};

export const succeed: CommandSpec = {
  name: 'succeed',
  summary: 'let a new device take the place of another one',
  arguments: [
    { form: '<device>', meaning: 'the one that leaves: its name here, or its id' },
    { form: '<card>', meaning: 'the file with the card of the one that comes' },
  ],
  options: [wordsOption],
  example: 'dsm device succeed Phone new-phone.card',
  output: treeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const card = await cardIn(context, input.argument(1));
      const by = await authority(context, wallet, input);
      return shown(context, await wallet.devices.succeed(by, input.argument(0), card));
    }),
};

export const rotate: CommandSpec = {
  name: 'rotate',
  summary: 'let the next key of the words sign from now on',
  options: [wordsOption],
  example: 'dsm device rotate',
  output: treeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const by = await authority(context, wallet, input);
      return shown(context, await wallet.devices.rotate(by));
    }),
};

export const show: CommandSpec = {
  name: 'show',
  summary: 'show what is known of the identity that a contact belongs to',
  arguments: [{ form: '<who>', meaning: 'a name, or a unique prefix of the id' }],
  example: 'dsm device show Maya',
  output: treeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const tree = wallet.devices.of(input.argument(0));
      if (tree !== undefined) return shown(context, tree);
      throw new DsmError('not-found', 'nothing is known of an identity of this contact');
    }),
};

export const move: CommandSpec = {
  name: 'move',
  summary: 'move value to another device of yours',
  details: 'Over the nodes. The two have met, and the device tree has both.',
  arguments: [
    { form: '<device>', meaning: 'its name here, or a unique prefix of its id' },
    { form: '<amount>', meaning: 'how much, like 12 or 12.50; the serial number of an item' },
    { form: '<token>', meaning: 'a ticker, or the whole id' },
  ],
  options: [{ form: '--note <text>', meaning: 'what it is for' }],
  example: 'dsm device move Laptop 20 ERA',
  output: paymentSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const token = input.argument(2);
      const { form, decimals } = wallet.token(token);
      const units = parseAmount(input.argument(1), form === 'fungible' ? decimals : 0);
      const note = input.option('note');
      const what = form === 'fungible' ? { token, amount: units } : { token, item: units };
      const payment = await wallet.devices.move({
        ...what,
        ...(note !== undefined && { note }),
        to: input.argument(0),
      });
      context.result(paymentView(wallet, payment), [paymentLine(wallet, payment)]);
      return 0;
    }),
};
