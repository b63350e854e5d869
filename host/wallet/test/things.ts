/** Wallets that are sealed to things, for tests: honest chips, liars, and a line that somebody edits. */

import { memoryBinding, memoryKeystore, memoryThing, memoryTransport } from '@dsm/memory';
import type { Attestor, Connection, HeldBinding, Keystore } from '@dsm/ports';
import { message as messageObject, type Message } from '@dsm/bilateral';
import type { Wallet } from '../src/index.ts';

/** A new chip, as a wallet finds it once its keystore is open. */
export async function chip(level: HeldBinding['level'] = 'tpm'): Promise<HeldBinding> {
  const binding = memoryBinding(memoryThing(), { level });
  const any = new Uint8Array(32);
  const { attestor, clonable } = await binding.open(await binding.seal(any, any), any);
  return { level, clonable, attestor };
}

/** A secret that is sealed to `held`. */
export function sealedTo(held: HeldBinding | undefined, secret?: Uint8Array): Keystore {
  return { ...memoryKeystore(secret), binding: () => held };
}

/** What signs with `attest` and says that its key is that of `held`. */
export function liar(held: HeldBinding, attest: Attestor['attest']): HeldBinding {
  return { ...held, attestor: { key: held.attestor!.key, attest } };
}

/** What becomes of a message of the caller on its way: others instead of it, or none. */
export type Edit = (said: Message) => readonly Message[];

/** `a` calls `b`, and somebody edits what `a` says. Resolves when both have hung up. */
export async function metOver(a: Wallet, b: Wallet, edit: Edit): Promise<void> {
  const transport = memoryTransport();
  const listener = await transport.listen('here');
  const line = await transport.connect('here');
  const { value } = (await listener.connections[Symbol.asyncIterator]().next()) as {
    value: Connection;
  };
  const over = b.answer(value).catch(() => undefined);
  const edited: Connection = {
    ...line,
    send: async (bytes) => {
      const decoded = messageObject.decode(bytes);
      if (!decoded.ok) return line.send(bytes);
      for (const said of edit(decoded.value)) await line.send(messageObject.encode(said));
    },
  };
  await (await a.meet(edited)).close();
  await over;
}
