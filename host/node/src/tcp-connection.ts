/**
 * One TCP connection as a sequence of messages.
 *
 * Reading stops while enough messages wait for their reader, so a peer who sends more than is read
 * fills his own buffers. Writing waits while the peer does not read.
 */

import type net from 'node:net';
import { deframer, framed } from '@dsm/availability';
import { limits } from '@dsm/primitive';
import { TransportError, type Connection } from '@dsm/ports';

/** Messages and bytes that wait for their reader before the socket is paused. */
const queueMessagesMax = 64;
const queueBytesMax = 2 * limits.messageBytesMax;

/** How long closing waits for the peer to take what was sent and to close his side. */
const farewellMs = 2_000;

export function tcpConnection(socket: net.Socket, address: string): Connection {
  const inbox = messageQueue();
  const frames = deframer(limits.messageBytesMax, (frame) => frame.slice());
  let isClosing = false;
  let sending: Promise<void> = Promise.resolve();

  socket.on('data', (bytes) => {
    // What comes after closing is read and dropped, so that the peer gets to the end of ours.
    if (isClosing) return;
    const { frames: messages, refusal } = frames.push(bytes as Uint8Array);
    for (const message of messages) inbox.add(message);
    if (refusal !== undefined) socket.destroy();
    else if (inbox.isFull()) socket.pause();
  });
  socket.on('end', inbox.end);
  socket.on('close', inbox.end);
  // Whatever fails, the connection is over; `close` follows.
  socket.on('error', () => {});
  socket.resume();

  const isOver = (): boolean => isClosing || socket.destroyed || !socket.writable;
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (isOver()) throw closed();
    if (socket.write(bytes)) return;
    await drained(socket);
    if (isOver()) throw closed();
  };
  return {
    address,
    send: (message) => {
      const fault = faultOf(message);
      if (fault !== undefined) return Promise.reject(fault);
      const bytes = framed(message);
      const sent = sending.then(() => write(bytes));
      sending = sent.catch(() => {});
      return sent;
    },
    receive: () => {
      const message = inbox.take();
      if (!inbox.isFull() && !socket.destroyed) socket.resume();
      return message;
    },
    close: async () => {
      if (!isClosing) {
        isClosing = true;
        inbox.discard();
        socket.resume();
        socket.end();
      }
      await farewell(socket);
    },
  };
}

function faultOf(message: Uint8Array): Error | undefined {
  if (message.length === 0) return new RangeError('an empty message');
  if (message.length <= limits.messageBytesMax) return undefined;
  const sentence = `${message.length} bytes exceed ${limits.messageBytesMax}`;
  return new TransportError('too-large', sentence);
}

function closed(): TransportError {
  return new TransportError('closed', 'the connection is over');
}

/** Resolves when the socket takes bytes again, or never will. */
function drained(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}

/** Resolves when the socket is closed; a peer who does not let go is cut off. */
function farewell(socket: net.Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const patience = setTimeout(() => socket.destroy(), farewellMs);
    socket.once('close', () => {
      clearTimeout(patience);
      resolve();
    });
  });
}

/** Messages on their way from the socket to the reader. */
function messageQueue(): {
  readonly add: (message: Uint8Array) => void;
  readonly take: () => Promise<Uint8Array | undefined>;
  readonly isFull: () => boolean;
  /** Nothing more comes; what is there can still be taken. */
  readonly end: () => void;
  /** The reader went away. */
  readonly discard: () => void;
} {
  const messages: Uint8Array[] = [];
  const takers: ((message: Uint8Array | undefined) => void)[] = [];
  let bytes = 0;
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
    for (const taker of takers.splice(0)) taker(undefined);
  };
  return {
    add: (message) => {
      const taker = takers.shift();
      if (taker !== undefined) return taker(message);
      messages.push(message);
      bytes += message.length;
    },
    take: () => {
      const message = messages.shift();
      if (message !== undefined) {
        bytes -= message.length;
        return Promise.resolve(message);
      }
      if (isEnded) return Promise.resolve(undefined);
      return new Promise((resolve) => takers.push(resolve));
    },
    isFull: () => messages.length >= queueMessagesMax || bytes >= queueBytesMax,
    end,
    discard: () => {
      messages.length = 0;
      bytes = 0;
      end();
    },
  };
}
