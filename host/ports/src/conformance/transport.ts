/** What every transport must do. Strangers who speak broken bytes are tested beside the adapters. */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compare, limits } from '@dsm/primitive';
import { TransportError, type TransportErrorCode } from '../transport.ts';
import type { Connection, Listener, Transport } from '../transport.ts';

export interface TransportUnderTest {
  readonly transport: Transport;
  /** An address at which one can listen; the listener tells the one to connect to. */
  readonly address: string;
  /** An address at which nobody listens. */
  readonly nobody: string;
  /** Text that is no address. */
  readonly unreadable: string;
}

interface Pair extends TransportUnderTest {
  readonly listener: Listener;
  /** The end that connected, and the end that was called. */
  readonly caller: Connection;
  readonly called: Connection;
}

type Rule = (sentence: string, body: (pair: Pair) => Promise<void>) => void;

export function transportConformance(name: string, make: () => TransportUnderTest): void {
  const rule: Rule = (sentence, body) => {
    test(sentence, async () => {
      const subject = make();
      const listener = await subject.transport.listen(subject.address);
      const incoming = listener.connections[Symbol.asyncIterator]();
      const caller = await subject.transport.connect(listener.address);
      const first = await incoming.next();
      assert.ok(first.done !== true);
      const called = first.value;
      try {
        await body({ ...subject, listener, caller, called });
      } finally {
        await Promise.all([caller.close(), called.close(), listener.close()]);
      }
    });
  };
  suite(`transport: ${name}`, () => {
    messageRules(rule);
    endingRules(rule);
    addressRules(rule);
  });
}

function messageRules(rule: Rule): void {
  rule('messages arrive whole and in order, both ways', async ({ caller, called }) => {
    const messages = [1, 2, 3, 255, 256, 65_535, 65_536, 200_000].map(patterned);
    const sent = (from: Connection): Promise<unknown> =>
      Promise.all(messages.map((message) => from.send(message)));
    const got = async (at: Connection): Promise<void> => {
      for (const message of messages) assert.equal(compare((await at.receive())!, message), 0);
    };
    await Promise.all([sent(caller), sent(called), got(caller), got(called)]);
  });

  rule('a message of the largest size arrives, a larger one is not sent', async (pair) => {
    const largest = patterned(limits.messageBytesMax);
    const sent = pair.caller.send(largest);
    assert.equal(compare((await pair.called.receive())!, largest), 0);
    await sent;
    await rejects(pair.caller.send(new Uint8Array(limits.messageBytesMax + 1)), 'too-large');
    await pair.caller.send(patterned(3));
    assert.deepEqual(await pair.called.receive(), patterned(3));
  });

  rule('an empty message is a fault of the sender', async ({ caller }) => {
    await assert.rejects(caller.send(new Uint8Array(0)), RangeError);
  });

  rule('a sender may reuse his bytes after asking', async ({ caller, called }) => {
    const message = patterned(10);
    const sent = caller.send(message);
    message.fill(0);
    assert.deepEqual(await called.receive(), patterned(10));
    await sent;
  });

  rule('several waiting receivers get the messages in order', async ({ caller, called }) => {
    const waiting = [called.receive(), called.receive(), called.receive()];
    for (const length of [1, 2, 3]) await caller.send(patterned(length));
    assert.deepEqual(await Promise.all(waiting), [1, 2, 3].map(patterned));
  });

  rule('a sender waits while the peer does not read', async ({ caller, called }) => {
    const message = patterned(limits.messageBytesMax);
    const count = 64;
    let taken = 0;
    const sending = (async (): Promise<void> => {
      for (let n = 0; n < count; n++) {
        await caller.send(message);
        taken += 1;
      }
    })();
    // Settled: the number stays the same over many turns of the event loop.
    for (let before = -1, same = 0; same < 20;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      same = taken === before ? same + 1 : 0;
      before = taken;
    }
    assert.ok(taken < count, `${taken} mebibytes were taken though nobody reads`);
    for (let n = 0; n < count; n++) {
      assert.equal((await called.receive())?.length, message.length);
    }
    await sending;
  });
}

function endingRules(rule: Rule): void {
  rule('what was sent before closing still arrives, then nothing', async ({ caller, called }) => {
    await caller.send(patterned(100_000));
    await caller.send(patterned(5));
    await caller.close();
    assert.equal((await called.receive())?.length, 100_000);
    assert.deepEqual(await called.receive(), patterned(5));
    assert.equal(await called.receive(), undefined);
    assert.equal(await called.receive(), undefined);
  });

  rule('it also arrives if the one who closes has not read all', async ({ caller, called }) => {
    for (let n = 0; n < 8; n++) await called.send(patterned(50_000));
    await caller.send(patterned(300_000));
    await caller.close();
    assert.equal((await called.receive())?.length, 300_000);
    assert.equal(await called.receive(), undefined);
  });

  rule('closing ends the waiting receivers of both ends', async ({ caller, called }) => {
    const waiting = [caller.receive(), caller.receive(), called.receive()];
    await caller.close();
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined, undefined]);
  });

  rule('nothing is sent on a closed connection', async ({ caller, called }) => {
    await caller.close();
    await rejects(caller.send(patterned(1)), 'closed');
    assert.equal(await called.receive(), undefined);
    await called.close();
    await rejects(called.send(patterned(1)), 'closed');
  });

  rule('a sender who waits is told when the peer goes away', async ({ caller, called }) => {
    const message = patterned(limits.messageBytesMax);
    const sending = (async (): Promise<void> => {
      for (;;) await caller.send(message);
    })();
    const told = rejects(sending, 'closed');
    await called.receive();
    await called.close();
    await told;
  });

  rule('closing may be repeated', async ({ caller, called }) => {
    await Promise.all([caller.close(), caller.close(), called.close()]);
    await caller.close();
    await called.close();
  });
}

function addressRules(rule: Rule): void {
  rule('one listener has many connections, apart from each other', async (pair) => {
    const incoming = pair.listener.connections[Symbol.asyncIterator]();
    const caller = await pair.transport.connect(pair.listener.address);
    const called = (await incoming.next()).value as Connection;
    await caller.send(patterned(2));
    await pair.caller.send(patterned(1));
    assert.deepEqual(await pair.called.receive(), patterned(1));
    assert.deepEqual(await called.receive(), patterned(2));
    await caller.close();
    await pair.called.send(patterned(4));
    assert.deepEqual(await pair.caller.receive(), patterned(4));
    await called.close();
  });

  rule('a closed listener ends its connections and leaves the living ones alone', async (pair) => {
    const incoming = pair.listener.connections[Symbol.asyncIterator]();
    const next = incoming.next();
    await Promise.all([pair.listener.close(), pair.listener.close()]);
    assert.equal((await next).done, true);
    assert.equal((await incoming.next()).done, true);
    await rejects(pair.transport.connect(pair.listener.address), 'unreachable');
    await pair.caller.send(patterned(3));
    assert.deepEqual(await pair.called.receive(), patterned(3));
  });

  rule('an address has one listener at a time', async (pair) => {
    await rejects(pair.transport.listen(pair.listener.address), 'in-use');
    await pair.listener.close();
    const again = await pair.transport.listen(pair.listener.address);
    await again.close();
  });

  rule('an address where nobody listens is unreachable', async ({ transport, nobody }) => {
    await rejects(transport.connect(nobody), 'unreachable');
  });

  rule('text that is no address is refused', async ({ transport, unreadable }) => {
    await rejects(transport.connect(unreadable), 'address');
    await rejects(transport.listen(unreadable), 'address');
  });

  rule('a caller may give up', async ({ transport, listener }) => {
    await rejects(transport.connect(listener.address, AbortSignal.abort()), 'unreachable');
    const giveUp = new AbortController();
    const connecting = transport.connect(listener.address, giveUp.signal);
    giveUp.abort();
    await rejects(connecting, 'unreachable');
  });

  rule('giving up after the connection stands changes nothing', async (pair) => {
    const incoming = pair.listener.connections[Symbol.asyncIterator]();
    const giveUp = new AbortController();
    const caller = await pair.transport.connect(pair.listener.address, giveUp.signal);
    const called = (await incoming.next()).value as Connection;
    giveUp.abort();
    await caller.send(patterned(6));
    assert.deepEqual(await called.receive(), patterned(6));
    await Promise.all([caller.close(), called.close()]);
  });
}

async function rejects(promise: Promise<unknown>, code: TransportErrorCode): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof TransportError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
}
