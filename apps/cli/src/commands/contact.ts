/** `dsm contact`: the people this wallet has met. */

import type { Wallet } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import {
  bindingLine,
  contactLines,
  contactSchema,
  contactView,
  paymentLine,
  paymentSchema,
  paymentView,
} from '../view.ts';

const ls: CommandSpec = {
  name: 'ls',
  summary: 'list everybody',
  example: 'dsm contact ls',
  output: s.list(contactSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const contacts = wallet.contacts();
      context.result(contacts.map(contactView), contactLines(contacts));
      return 0;
    }),
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show one contact and the payments with it',
  arguments: [{ form: '<who>', meaning: 'a name, or a unique prefix of the id' }],
  example: 'dsm contact show Café',
  output: s.record({ contact: contactSchema, payments: s.list(paymentSchema) }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const contact = wallet.contact(input.argument(0)).contact();
      const payments = wallet.history({ contact: contact.device });
      context.result(
        {
          contact: contactView(contact),
          payments: payments.map((payment) => paymentView(wallet, payment)),
        },
        [
          `${contact.name}  ${contact.device}`,
          `phrase   ${contact.phrase}`,
          `state    ${contact.state}, incarnation ${contact.incarnation}`,
          `since    ${howItBegan[contact.introduced]}`,
          `takes    payments that are at least ${contact.minimumFinality}`,
          `bound    ${bindingLine(contact.binding)}`,
          ...(contact.stopped === '' ? [] : [`stopped  ${contact.stopped}`]),
          ...(contact.floods === 0 ? [] : [`floods   ${contact.floods}: dsm contact block`]),
          `entries  ${contact.written} written, ${contact.absorbed} absorbed`,
          ...payments.map((payment) => paymentLine(wallet, payment)),
        ],
      );
      return 0;
    }),
};

const add: CommandSpec = {
  name: 'add',
  summary: 'introduce yourself to somebody who is listed, without meeting',
  details:
    'It may be off. Compare the phrase with its owner before you pay much: anybody lists any name.\n' +
    'Who is a contact already stays what he is. If several claim the name, give the id.',
  arguments: [{ form: '<who>', meaning: 'a name of the directory, dev1…, or inv1…' }],
  options: [{ form: '--name <name>', meaning: 'what to call the contact (the name on its card)' }],
  example: 'dsm contact add inv1q… --name Ben',
  output: contactSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const name = input.option('name');
      const options = name === undefined ? {} : { name };
      const added = await wallet.directory.introduce(input.argument(0), options);
      const one = added.contact();
      context.result(contactView(one), [
        `${one.name}  ${one.device}`,
        `phrase   ${one.phrase}`,
        ...(one.introduced === 'unanswered' ? ['It learns of you when it syncs.'] : []),
      ]);
      return 0;
    }),
};

const rename: CommandSpec = {
  name: 'rename',
  summary: 'give a contact another name',
  arguments: [
    { form: '<who>', meaning: 'a name, or a unique prefix of the id' },
    { form: '<name>', meaning: 'the new name' },
  ],
  example: 'dsm contact rename Café "Café Central"',
  output: contactSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { device } = wallet.contact(input.argument(0)).contact();
      await wallet.rename(device, input.argument(1));
      return changed(context, wallet, device);
    }),
};

const block: CommandSpec = {
  name: 'block',
  summary: 'take nothing from a contact any more',
  arguments: [{ form: '<who>', meaning: 'a name, or a unique prefix of the id' }],
  options: [{ form: '--undo', meaning: 'take from it again' }],
  example: 'dsm contact block Café',
  output: contactSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { device } = wallet.contact(input.argument(0)).contact();
      await wallet.block(device, !input.isSet('undo'));
      return changed(context, wallet, device);
    }),
};

const bind: CommandSpec = {
  name: 'bind',
  summary: 'take the thing that a contact’s device shows now for its own',
  details:
    'For a contact whose device was repaired or replaced, once you have heard that from its owner:\n' +
    'dsm contact show says what has changed. No payment depends on it.',
  arguments: [{ form: '<who>', meaning: 'a name, or a unique prefix of the id' }],
  example: 'dsm contact bind Café',
  output: contactSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { device } = wallet.contact(input.argument(0)).contact();
      await wallet.binding.accept(device);
      const now = wallet.contact(device).contact();
      context.result(contactView(now), `${now.name}: ${bindingLine(now.binding)}.`);
      return 0;
    }),
};

export const contact: CommandSpec = {
  name: 'contact',
  summary: 'the people this wallet has met',
  commands: [ls, show, add, rename, block, bind],
};

const howItBegan = {
  met: 'you met',
  unanswered: 'you have introduced yourself, and it has not answered',
  'by-me': 'you have introduced yourself through the directory',
  'by-them': 'it has introduced itself through the directory',
} as const;

function changed(context: Context, wallet: Wallet, device: string): number {
  const now = wallet.contact(device).contact();
  context.result(contactView(now), `${now.name} is ${now.state}.`);
  return 0;
}
