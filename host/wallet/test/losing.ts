/** A line between two wallets that loses what a test says, or says something else in its place. */

import { message, type Message } from '@dsm/bilateral';
import { memoryTransport } from '@dsm/memory';
import type { Connection } from '@dsm/ports';
import type { Wallet } from '../src/index.ts';
import { quiet } from './line.ts';

/** Connect two wallets over a line that loses what the test says. */
export async function callLosing(
  a: Wallet,
  b: Wallet,
  isLost: (said: Message, from: 'caller' | 'called') => boolean,
): Promise<{
  readonly cut: () => Promise<void>;
  readonly inject: (said: Message) => Promise<void>;
}> {
  const transport = memoryTransport({});
  const listener = await transport.listen('here');
  const mine = await transport.connect('here');
  const { value: theirs } = (await listener.connections[Symbol.asyncIterator]().next()) as {
    value: Connection;
  };
  const filtered = (connection: Connection, from: 'caller' | 'called'): Connection => ({
    ...connection,
    send: async (bytes) => {
      const said = message.decode(bytes);
      if (said.ok && isLost(said.value, from)) return;
      await connection.send(bytes);
    },
  });
  void b.answer(filtered(theirs, 'called')).catch(() => undefined);
  await a.meet(filtered(mine, 'caller'));
  return {
    /** Put something into the mouth of the one that was called. */
    inject: (said) => theirs.send(message.encode(said)),
    cut: async () => {
      await Promise.all([mine.close(), theirs.close()]);
      await quiet();
    },
  };
}
