/** `dsm receipt`: the proof of a payment. */

import { writeFile } from 'node:fs/promises';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import { cardFile, fileBytes, receiptFault } from '../receipt-file.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { paymentLine, paymentSchema, paymentView } from '../view.ts';

const prefix = { form: '<payment>', meaning: 'a unique prefix of the id' };

const show: CommandSpec = {
  name: 'show',
  summary: 'show a payment',
  arguments: [prefix],
  example: 'dsm receipt show pay1q',
  output: paymentSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const payment = wallet.payment(input.argument(0));
      context.result(paymentView(wallet, payment), [
        paymentLine(wallet, payment),
        `id       ${payment.id}`,
        `device   ${payment.device}`,
        `token    ${payment.token}`,
      ]);
      return 0;
    }),
};

const exported: CommandSpec = {
  name: 'export',
  summary: 'write the stitched receipt into a file that anybody can check',
  arguments: [prefix, { form: '<file>', meaning: 'where to write it' }],
  example: 'dsm receipt export pay1q coffee.receipt',
  output: s.record({ payment: paymentSchema, file: s.text, bytes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { payment, bytes } = await wallet.receipt(input.argument(0));
      const file = located(input.argument(1), context.cli.cwd);
      await writeFile(file, bytes);
      context.result(
        { payment: paymentView(wallet, payment), file, bytes: bytes.length },
        `${bytes.length} bytes written to ${file}`,
      );
      return 0;
    }),
};

const verify: CommandSpec = {
  name: 'verify',
  summary: 'check a receipt that somebody gave you',
  details:
    'Needs the identity cards of both sides (dsm id --card writes one), and neither a wallet nor\n' +
    'a network. Exits with 7 if the receipt does not hold.',
  arguments: [{ form: '<file>', meaning: 'the receipt' }],
  options: [
    { form: '--payer <card>', meaning: 'the card of who paid' },
    { form: '--payee <card>', meaning: 'the card of who was paid' },
  ],
  example: 'dsm receipt verify coffee.receipt --payer maya.card --payee cafe.card',
  output: s.record({ ok: s.flag, bytes: s.count, refusal: s.text }),
  run: async (context, input) => {
    const { cwd } = context.cli;
    const [payer, payee] = [input.option('payer'), input.option('payee')];
    if (payer === undefined || payee === undefined) {
      throw new DsmError('usage', 'verify needs --payer CARD and --payee CARD');
    }
    const bytes = await fileBytes(located(input.argument(0), cwd));
    const writer = await cardFile(located(payer, cwd));
    const refusal = receiptFault(bytes, writer, await cardFile(located(payee, cwd)));
    const ok = refusal === undefined;
    context.result(
      { ok, bytes: bytes.length, refusal: refusal ?? '' },
      ok ? 'The receipt holds.' : `The receipt does not hold: ${refusal}.`,
    );
    return ok ? 0 : 7;
  },
};

export const receipt: CommandSpec = {
  name: 'receipt',
  summary: 'the proof of a payment',
  commands: [show, verify, exported],
};
