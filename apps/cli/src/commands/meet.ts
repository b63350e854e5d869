/** `dsm meet`: face to face, over TCP. */

import { tcpTransport } from '@dsm/node';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import * as s from '../schema.ts';
import { answerRequests, serve, tellPayment, tellStreams } from '../serve.ts';
import { withWallet } from '../session.ts';
import { contactSchema, contactView, paymentSchema, streamSchema } from '../view.ts';

export const meet: CommandSpec = {
  name: 'meet',
  summary: 'meet another wallet: become contacts, and catch up on both chains',
  details:
    'One side listens, the other goes there; payments come over the same connection.\n' +
    'Whoever asks for a credential is shown nothing without a yes.\n' +
    'With --json, --listen prints one document for each line: listening, payment, stream, met,\n' +
    'failed.',
  options: [
    { form: '--listen [address]', meaning: 'wait for others (127.0.0.1, any free port)' },
    { form: '--to <address>', meaning: 'go to somebody who listens' },
    { form: '--name <name>', meaning: 'what to call whoever is met for the first time' },
    { form: '--show <credential>', meaning: 'show this one to whoever asks, unasked' },
    { form: '--once', meaning: 'leave after the first visitor' },
  ],
  example: 'dsm meet --listen 127.0.0.1:4700',
  output: {
    oneOf: [
      contactSchema,
      s.record({ event: s.oneOf('listening'), address: s.text }),
      s.record({ event: s.oneOf('payment'), payment: paymentSchema }),
      s.record({ event: s.oneOf('stream'), stream: streamSchema }),
      s.record({ event: s.oneOf('met'), contact: contactSchema }),
      s.record({ event: s.oneOf('failed'), code: s.text, message: s.text }),
    ],
  },
  run: async (context, input) => {
    const to = input.option('to');
    if ((to === undefined) === !input.isSet('listen')) {
      throw new DsmError('usage', 'meet needs either --listen or --to ADDRESS');
    }
    return to === undefined ? listen(context, input) : goTo(context, to, input.option('name'));
  },
};

async function listen(context: Context, input: Input): Promise<number> {
  const name = input.option('name');
  return withWallet(context, async (wallet) => {
    answerRequests(context, wallet, input.option('show'));
    const leave = tellStreams(context, wallet);
    await serve(context, wallet, {
      address: input.option('listen') ?? context.settings.listen.value,
      once: input.isSet('once'),
      ...(name !== undefined && { name }),
      onListening: (address) =>
        context.event({ event: 'listening', address }, `Listening on ${address}`),
      onPayment: (payment) => {
        tellPayment(context, wallet, payment);
        return false;
      },
    }).finally(leave);
    return 0;
  });
}

async function goTo(context: Context, to: string, name: string | undefined): Promise<number> {
  return withWallet(context, async (wallet) => {
    const connection = await tcpTransport().connect(to, context.cli.signal);
    const peer = await wallet.meet(connection, {
      signal: context.cli.signal,
      ...(name !== undefined && { name }),
    });
    const contact = peer.contact();
    await peer.close();
    context.result(
      contactView(contact),
      `You met ${contact.name}. Compare the phrase: ${contact.phrase}.`,
    );
    return 0;
  });
}
