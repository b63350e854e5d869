/** `dsm directory`: be found, and find, without having met. */

import type { Claimant, Wallet } from '@dsm/wallet';
import { encodeQR } from 'qr';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';

const statusSchema = s.partial(
  {
    names: s.list(s.text),
    until: s.count,
    bad: s.count,
    strangers: s.count,
    unanswered: s.count,
  },
  { invitation: s.text },
);

export const claimantSchema: s.Schema = s.partial(
  {
    device: s.text,
    name: s.text,
    cardName: s.text,
    phrase: s.text,
    incarnation: s.count,
    invitation: s.text,
    current: s.flag,
    warnings: s.list(s.text),
  },
  { identity: s.text },
);

const nameArgument = { form: '<name>', meaning: '1 to 48 bytes; case does not count' };

const publish: CommandSpec = {
  name: 'publish',
  summary: 'be found under a name, and by the id of this device',
  details:
    'Anybody can publish any name, and anybody can read it, with the card and an invitation. Whoever\n' +
    'looks the name up is shown everybody who claims it. dsm sync keeps it up.',
  arguments: [nameArgument],
  example: 'dsm directory publish "Café Central"',
  output: s.record({ name: s.text, invitation: s.text, nodes: s.count, others: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const listed = await wallet.directory.publish(input.argument(0));
      const { name, invitation, nodes, others } = listed;
      context.result({ name, invitation, nodes, others }, [
        `${nodes} nodes list this device as "${name}"`,
        ...(others === 0 ? [] : [`${others} other devices claim it, too: people have to choose`]),
        invitation,
      ]);
      return 0;
    }),
};

const find: CommandSpec = {
  name: 'find',
  summary: 'show everybody who claims a name',
  details:
    'A name proves nothing: compare the phrase or the id with its owner. Exits with 3 if there is\n' +
    'nobody.',
  arguments: [{ form: '<who>', meaning: 'a name, dev1…, gen1…, or inv1…' }],
  example: 'dsm directory find "Café Central"',
  output: s.list(claimantSchema),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const found = await wallet.directory.find(input.argument(0));
      context.result(
        found.map(({ identity, ...one }) => (identity === undefined ? one : { ...one, identity })),
        found.length === 0 ? 'nobody' : found.flatMap(claimantLines),
      );
      return found.length === 0 ? 3 : 0;
    }),
};

const withdraw: CommandSpec = {
  name: 'withdraw',
  summary: 'be found under a name no more',
  arguments: [nameArgument],
  example: 'dsm directory withdraw "Café Central"',
  output: statusSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      await wallet.directory.withdraw(input.argument(0));
      return shown(context, wallet);
    }),
};

const invite: CommandSpec = {
  name: 'invite',
  summary: 'make a new invitation, which ends the one before',
  details:
    'Whoever has it can pay this device without having met it: give the text, or show it as a QR\n' +
    'code. A new one ends a flood of the old one’s inbox; what was left there is not read any more.',
  options: [{ form: '--qr', meaning: 'print it as a QR code, too' }],
  example: 'dsm directory invite --qr',
  output: s.record({ invitation: s.text }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const invitation = await wallet.directory.invite();
      const code = input.isSet('qr') ? [encodeQR(invitation, 'term')] : [];
      context.result({ invitation }, [invitation, ...code]);
      return 0;
    }),
};

const status: CommandSpec = {
  name: 'status',
  summary: 'show the names, the invitation and what its inbox held',
  example: 'dsm directory status',
  output: statusSchema,
  run: (context) => withWallet(context, async (wallet) => shown(context, wallet)),
};

export const directory: CommandSpec = {
  name: 'directory',
  summary: 'be found, and find, without having met',
  commands: [publish, find, withdraw, invite, status],
};

function shown(context: Context, wallet: Wallet): number {
  const { names, invitation, until, bad, strangers, unanswered } = wallet.directory.status();
  const there = invitation === undefined ? {} : { invitation };
  context.result({ names, until, bad, strangers, unanswered, ...there }, [
    names.length === 0 ? 'not listed under any name' : `names       ${names.join(', ')}`,
    `invitation  ${invitation ?? 'none: dsm directory invite'}`,
    ...(bad === 0 ? [] : [`garbage     ${bad} in the inbox; a new invitation ends it`]),
    `strangers   ${strangers} have introduced themselves and said nothing since`,
    `unanswered  ${unanswered} whom this wallet has introduced itself to`,
  ]);
  return 0;
}

/** Who somebody is, for a person to compare. */
export function claimantLines(one: Claimant): readonly string[] {
  const { device, name, cardName, phrase, identity, current, warnings } = one;
  return [
    `${name === '' ? cardName : `${name} (${cardName})`}  ${device}`,
    `  phrase  ${phrase}`,
    ...(identity === undefined ? [] : [`  of      ${identity}`]),
    ...(current ? [] : ['  too few nodes answer to see whether this is the newest of the device']),
    ...warnings.map((warning) => `  careful: ${warning}`),
  ];
}
