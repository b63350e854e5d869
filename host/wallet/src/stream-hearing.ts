/** What the peer says of streams, in either direction, and whom it concerns. */

import { keyOf } from '@dsm/primitive';
import type { Message } from '@dsm/bilateral';
import { heardSettle, heardStream, heardTicks } from './stream-taking.ts';
import type { Talk } from './talk.ts';
import { sayOwedStep } from './trading.ts';

export type StreamMessage = Extract<
  Message,
  { readonly type: 'stream' | 'terms' | 'ticks' | 'settle' }
>;

export async function heardOfStream(talk: Talk, said: StreamMessage): Promise<void> {
  switch (said.type) {
    case 'stream':
      return heardStream(talk, said);
    case 'terms':
      return talk.paying.get(keyOf(said.escrow))?.terms(said);
    case 'ticks':
      return heardTicks(talk, said);
    case 'settle':
      await sayOwedStep(talk);
      return heardSettle(talk, said);
  }
}
