/** `dsm` and `dsm status`: everything at a glance, in seven lines. */

import type { Balance, CapsuleStatus } from '@dsm/wallet';
import { formatAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { alarmSchema, alarmView, balanceSchema, balanceView } from '../view.ts';
import { identitySchema, identityView } from './id.ts';

export const status: CommandSpec = {
  name: 'status',
  summary: 'identity, balances, people, what waits, alarms (also: bare dsm)',
  example: 'dsm',
  output: s.record({
    identity: identitySchema,
    balances: s.list(balanceSchema),
    contacts: s.count,
    inbox: s.count,
    outbox: s.count,
    payments: s.count,
    alarms: s.list(alarmSchema),
    recovery: s.oneOf('complete', 'behind', 'none', 'copied'),
    phase: s.oneOf('live', 'restored', 'superseded', 'retired'),
  }),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const balances = wallet.balances();
      const contacts = wallet.contacts();
      const [inbox, outbox] = [wallet.inbox().length, wallet.outbox().length];
      const alarms = wallet.alarms();
      const payments = wallet.history().length;
      const recovery = recoveryOf(await wallet.capsules.status());
      const bricked = contacts.filter(({ state }) => state === 'bricked').length;
      context.result(
        {
          identity: identityView(wallet.id, context.home),
          balances: balances.map(balanceView),
          contacts: contacts.length,
          inbox,
          outbox,
          payments,
          alarms: alarms.map(alarmView),
          recovery,
          phase: wallet.recovery.phase(),
        },
        [
          `${context.paint('bold', wallet.id.name)}  ${wallet.id.device}`,
          `balance  ${balanceText(balances)}`,
          `people   ${contacts.length}${bricked === 0 ? '' : `, ${bricked} bricked`}`,
          `waiting  ${inbox} in, ${outbox} out`,
          `history  ${payments} payments`,
          alarms.length === 0
            ? 'alarms   none'
            : context.paint('red', `alarms   ${alarms.length}: dsm alarm ls`),
          recovery === 'copied'
            ? context.paint('red', `recovery ${recoveryTexts[recovery]}`)
            : `recovery ${recoveryTexts[recovery]}`,
          ...whyNot(wallet.recovery.why()).map((line) => context.paint('red', line)),
        ],
      );
      return 0;
    }),
};

/** Why this device may not act, if it may not. */
function whyNot(why: string): readonly string[] {
  return why === '' ? [] : [`standing ${why}`];
}

type Recovery = keyof typeof recoveryTexts;

const recoveryTexts = {
  complete: 'the nodes have everything',
  behind: 'the nodes lack what has changed since: dsm sync',
  none: 'the nodes have nothing of this device: dsm backup',
  copied: 'this device was copied, another one writes its recovery data: dsm recover',
} as const;

function recoveryOf({ complete, certified, copied }: CapsuleStatus): Recovery {
  if (copied) return 'copied';
  if (certified === 0) return 'none';
  return complete ? 'complete' : 'behind';
}

function balanceText(balances: readonly Balance[]): string {
  if (balances.length === 0) return 'no tokens yet';
  return balances
    .map(({ token, total, purse }) => {
      const [all, offline] = [total, purse].map((units) => formatAmount(units, token.decimals));
      return `${all} ${token.ticker} (${offline} in the purse)`;
    })
    .join(', ');
}
