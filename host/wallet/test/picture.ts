/** A picture of a wallet: everything that its owner can see, as plain data. */

import type { Wallet } from '../src/index.ts';

export function pictureOf(wallet: Wallet): unknown {
  const { device, name, phrase, incarnation, suite, network } = wallet.id;
  return JSON.parse(
    JSON.stringify(
      {
        id: { device, name, phrase, incarnation, suite, network },
        balances: wallet.balances(),
        contacts: wallet.contacts(),
        history: wallet.history(),
        inbox: wallet.inbox(),
        outbox: wallet.outbox(),
        alarms: wallet.alarms().map(({ id, what }) => ({ id, what })),
        limits: wallet.tokens().map(({ id }) => wallet.offlineLimits(id)),
      },
      (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    ),
  );
}
