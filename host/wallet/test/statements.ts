/** Statements: everything signed that leaves a device, to see that it never says two things. */

import {
  encodeWith,
  equal,
  keyOf,
  slotKey,
  slotWrite,
  stepPosition,
  stepStatement,
  u64,
  type SignedStep,
} from '@dsm/primitive';
import { message as messageObject } from '@dsm/bilateral';

export interface Statements {
  readonly step: (signed: SignedStep) => void;
  readonly slot: (write: Uint8Array) => void;
  /** How many positions were spoken of, and what was said of one of them twice and differently. */
  readonly positions: () => number;
  readonly contradictions: () => readonly string[];
}

export function statements(): Statements {
  const said = new Map<string, Uint8Array>();
  const contradictions: string[] = [];
  const say = (what: string, position: Uint8Array, statement: Uint8Array): void => {
    const before = said.get(`${what} ${keyOf(position)}`);
    if (before === undefined) said.set(`${what} ${keyOf(position)}`, statement);
    else if (!equal(before, statement)) contradictions.push(what);
  };
  return {
    step: ({ step, slots }) => {
      const { device, incarnation, seq, cause } = step;
      const statement = stepStatement(step, slots);
      say(`step ${seq}`, stepPosition(device, incarnation, seq), statement);
      if (cause.type !== 'append') return;
      say(
        `entry ${cause.index}`,
        new Uint8Array([...cause.relationship, ...device, ...encodeWith(u64, cause.index)]),
        cause.head,
      );
    },
    slot: (bytes) => {
      const write = slotWrite.decode(bytes);
      if (write.ok) say(`slot`, slotKey(write.value.place), write.value.value);
    },
    positions: () => said.size,
    contradictions: () => contradictions,
  };
}

/** Take note of what a message between devices states. */
export function noted(into: Statements, bytes: Uint8Array): void {
  const decoded = messageObject.decode(bytes);
  if (!decoded.ok) return;
  const said = decoded.value;
  if (said.type === 'commit' || said.type === 'absorbed') into.step(said.signed);
}
