/** Waiting for others: serve whoever calls, and tell what comes. */

import { tcpTransport } from '@dsm/node';
import type { Listener } from '@dsm/ports';
import { DsmError, type Payment, type Wallet } from '@dsm/wallet';
import type { Context } from './context.ts';
import { confirm } from './prompt.ts';
import { contactView, paymentLine, paymentView, streamLine, streamView } from './view.ts';

export interface ServeOptions {
  readonly address: string;
  /** End after the first connection. */
  readonly once: boolean;
  readonly name?: string;
  /** Told the address before anybody can call. */
  readonly onListening: (address: string) => void;
  /** Told of each payment and of each new finality; true when nothing more is waited for. */
  readonly onPayment: (payment: Payment) => boolean;
}

/** Serves until it is enough, or the program is interrupted. */
export async function serve(
  context: Context,
  wallet: Wallet,
  { address, once, name, onListening, onPayment }: ServeOptions,
): Promise<void> {
  const { signal } = context.cli;
  const listener = await tcpTransport().listen(address);
  const close = (): void => void listener.close();
  signal.addEventListener('abort', close);
  let isEnough = false;
  const told = new Set<string>();
  const hear = (payment: Payment): void => {
    const state = `${payment.id} ${payment.finality}`;
    if (told.has(state)) return;
    told.add(state);
    isEnough ||= onPayment(payment);
  };
  const leaves = [wallet.on('payment', hear), wallet.on('finality', hear)];
  try {
    onListening(listener.address);
    const served: Promise<boolean>[] = [];
    for await (const connection of listener.connections) {
      const ending = answered(connection).then((good) => {
        // Whoever has only knocked, or spoken nonsense, has not been served.
        if (good && (once || isEnough)) close();
        return good;
      });
      served.push(ending);
    }
    await Promise.all(served);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', close);
    for (const leave of leaves) leave();
    await listener.close();
  }

  async function answered(connection: Connection): Promise<boolean> {
    try {
      const contact = await wallet.answer(connection, {
        signal,
        ...(name !== undefined && { name }),
      });
      context.event(
        { event: 'met', contact: contactView(contact) },
        `${contact.name} was here (${contact.phrase}).`,
      );
      return true;
    } catch (error) {
      if (!(error instanceof DsmError)) throw error;
      context.event(
        { event: 'failed', code: error.code, message: error.message },
        `A connection failed: ${error.message}`,
      );
      return false;
    } finally {
      await connection.close();
    }
  }
}

/** A contact that asks for a credential is shown it if the owner says yes, or has said so before. */
export function answerRequests(context: Context, wallet: Wallet, show: string | undefined): void {
  wallet.credentials.onRequest(async ({ contact, wish: { names } }) => {
    if (show !== undefined) return { credential: show };
    // `--yes` is for what the owner asks: what others ask is shown by `--show` alone.
    const question = `${contact} asks for ${names.join(', ')} of a credential. Show it?`;
    return context.canAsk && (await confirm(question, context.cli.signal)) ? {} : undefined;
  });
}

type Connection = Listener['connections'] extends AsyncIterable<infer One> ? One : never;

/** What is printed of streams: at most one line a second for each payer, and every end. */
export function tellStreams(context: Context, wallet: Wallet): () => void {
  const told = new Map<string, { readonly at: number; readonly signed: bigint }>();
  return wallet.on('stream', (status) => {
    const { device, token, state, signed } = status;
    const key = `${device} ${token}`;
    const last = told.get(key);
    const isOld = last === undefined || performance.now() - last.at > 1_000;
    if (state === 'open' && !(isOld && signed !== (last?.signed ?? 0n))) return;
    if (state === 'open') told.set(key, { at: performance.now(), signed });
    else told.delete(key);
    context.event(
      { event: 'stream', stream: streamView(wallet, status) },
      streamLine(wallet, status),
    );
  });
}

/** What is printed of a payment that has come. */
export function tellPayment(context: Context, wallet: Wallet, payment: Payment): void {
  context.event(
    { event: 'payment', payment: paymentView(wallet, payment) },
    paymentLine(wallet, payment),
  );
}
