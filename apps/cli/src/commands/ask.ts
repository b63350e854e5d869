/** `dsm ask`: a request for payment. */

import type { Payment } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import { requestText, type PaymentRequest } from '../request.ts';
import * as s from '../schema.ts';
import { serve, tellPayment } from '../serve.ts';
import { withWallet } from '../session.ts';
import { paymentSchema } from '../view.ts';

export const ask: CommandSpec = {
  name: 'ask',
  summary: 'ask for a payment',
  details:
    'Prints a text that dsm pay takes. With --listen it waits until it is paid; --json prints one\n' +
    'document for each line then.',
  arguments: [
    { form: '<amount>', meaning: 'how much, like 12 or 12.50' },
    { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' },
  ],
  options: [
    { form: '--note <text>', meaning: 'what it is for' },
    { form: '--listen [address]', meaning: 'wait for the payment there' },
  ],
  example: 'dsm ask 12.00 ERA --note coffee --listen',
  output: {
    oneOf: [
      s.record({ request: s.text, token: s.text, units: s.units, decimal: s.decimal }),
      s.record({ event: s.oneOf('asked'), request: s.text, address: s.text }),
      s.record({ event: s.oneOf('payment'), payment: paymentSchema }),
    ],
  },
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const token = wallet.token(input.argument(1));
      const amount = parseAmount(input.argument(0), token.decimals);
      const note = input.option('note');
      const wanted: PaymentRequest = {
        to: wallet.id.device,
        token: token.id,
        units: amount,
        ...(note !== undefined && { note }),
      };
      if (!input.isSet('listen')) {
        const decimal = formatAmount(amount, token.decimals);
        const request = requestText(wanted);
        context.result({ request, token: token.id, units: amount, decimal }, request);
        return 0;
      }
      const pays = ({ direction, amount: paid, token: id, finality }: Payment): boolean =>
        direction === 'in' && id === token.id && paid === amount && finality !== 'pending';
      await serve(context, wallet, {
        address: input.option('listen') ?? context.settings.listen.value,
        once: false,
        onListening: (address) => {
          const request = requestText({ ...wanted, at: address });
          context.event({ event: 'asked', request, address }, request);
        },
        onPayment: (payment) => {
          tellPayment(context, wallet, payment);
          return pays(payment);
        },
      });
      return 0;
    }),
};
