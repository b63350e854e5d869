/** `dsm receipt`: the proof of a payment. */

import { readFile, writeFile } from 'node:fs/promises';
import { registriesOf } from '@dsm/primitive';
import { DsmError, finalities, verifyReceipt } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { networkOf, withWallet } from '../session.ts';
import { paymentLine, paymentSchema, paymentView } from '../view.ts';

const prefix = { form: '<payment>', meaning: 'a unique prefix of the id' };

const show: CommandSpec = {
  name: 'show',
  summary: 'show a payment',
  arguments: [prefix],
  example: 'dsm receipt show pay1q',
  output: s.record({ payment: paymentSchema, means: s.text }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const payment = wallet.payment(input.argument(0));
      const means = finalities[payment.finality];
      context.result({ payment: paymentView(wallet, payment), means }, [
        paymentLine(wallet, payment),
        `finality ${payment.finality}: ${means}`,
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
      const { finality } = payment;
      const file = located(input.argument(1), context.cli.cwd);
      await writeFile(file, bytes);
      context.result({ payment: paymentView(wallet, payment), file, bytes: bytes.length }, [
        `${bytes.length} bytes written to ${file}`,
        `finality now: ${finality}: ${finalities[finality]}`,
      ]);
      return 0;
    }),
};

const verify: CommandSpec = {
  name: 'verify',
  summary: 'check a receipt that somebody gave you',
  details:
    'Needs the network file, and neither a wallet nor a node. Exits with 7 if it does not hold.',
  arguments: [{ form: '<file>', meaning: 'the receipt' }],
  example: 'dsm receipt verify coffee.receipt',
  output: s.record({
    ok: s.flag,
    why: s.text,
    writer: s.text,
    peer: s.text,
    complete: s.flag,
    finality: s.oneOf('pending', 'pair-final'),
    payments: s.list(s.record({ token: s.text, amount: s.units, note: s.text })),
  }),
  run: async (context, input) => {
    const { registry } = await networkOf(context);
    const bytes = await fileBytes(located(input.argument(0), context.cli.cwd));
    const report = verifyReceipt(bytes, registry.network, registriesOf(registry));
    const { ok, why, writer, peer, complete, finality, payments } = report;
    context.result({ ok, why, writer, peer, complete, finality, payments }, [
      ok ? `The receipt holds: ${why}.` : `${why}.`,
      `payer  ${writer}`,
      `payee  ${peer}${complete ? '' : ', whose own step is not in it yet'}`,
      `shows  ${finality} at most: certificates are with the payee, not in this file`,
      ...payments.map(({ token, amount, note }) => `${amount} units of ${token}  ${note}`),
    ]);
    return ok ? 0 : 7;
  },
};

export const receipt: CommandSpec = {
  name: 'receipt',
  summary: 'the proof of a payment',
  commands: [show, verify, exported],
};

async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  }
}
