/** What the rules of an engine stand on: an engine in a place of its own, and short ways to write. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine, EngineWrite } from '../engine.ts';
import { StoreError, type StoreErrorCode } from '../store.ts';
import { keyAt } from './engine-model.ts';

/** An engine in a place of its own. */
export interface EngineUnderTest {
  readonly engine: Engine;
  /** Another engine in the same place. The suite has closed the one before, or expects `busy`. */
  readonly reopen: () => Promise<Engine>;
  /** A disk that can be filled, but for about `left` bytes, and freed, if the adapter has one. */
  readonly disk?: { readonly fill: (left?: number) => void; readonly free: () => void };
  readonly dispose?: () => Promise<void> | void;
}

export interface EngineConformanceOptions {
  /** Why the adapter cannot be tested here. */
  readonly skip?: string;
  /** Random histories that are compared with the model. */
  readonly runs?: number;
  readonly seed?: number;
}

export type Rule = (
  sentence: string,
  body: (engine: Engine, subject: EngineUnderTest) => Promise<void>,
) => void;

export function rulesOn(
  open: () => Promise<EngineUnderTest>,
  { skip }: EngineConformanceOptions,
): Rule {
  return (sentence, body) => {
    test(sentence, { skip: skip ?? false }, async () => {
      const subject = await open();
      try {
        await body(subject.engine, subject);
      } finally {
        await subject.engine.close();
        await subject.dispose?.();
      }
    });
  };
}

export async function rejects(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, / /);
    return true;
  });
}

export function put(shelf: number, n: number, value: Uint8Array = bytes()): EngineWrite {
  return { shelf, key: keyAt(n), value };
}

export function remove(shelf: number, n: number): EngineWrite {
  return { shelf, key: keyAt(n), value: undefined };
}

export function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}
