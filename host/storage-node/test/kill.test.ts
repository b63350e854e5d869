/** A node killed with SIGKILL under load loses no acknowledged write and changes no vote. */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodeError } from '@dsm/ports';
import { address as addressOf, equal, slotKey, slotState } from '@dsm/primitive';
import { httpNode, installNative, type HttpNode } from '@dsm/node';
import { slotAuthor } from '@dsm/ports/conformance';
import { network } from './one-node.ts';

installNative();

const fixture = fileURLToPath(new URL('./fixtures/serve.ts', import.meta.url));
const author = slotAuthor(network, 1);

interface Running {
  readonly child: ChildProcess;
  readonly node: HttpNode;
}

async function started(directory: string): Promise<Running> {
  const arguments_ = [...process.execArgv.filter((arg) => !arg.startsWith('--test')), fixture];
  const child = spawn(process.execPath, [...arguments_, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, node: httpNode(address) };
}

async function killed({ child, node }: Running): Promise<void> {
  const over = once(child, 'close');
  child.kill('SIGKILL');
  const [, signal] = (await over) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  node.close();
}

test('what was answered before kill -9 is there, with the same vote', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-node-'));
  const objects: Uint8Array[] = [];
  const answers = new Map<number, Uint8Array>();
  try {
    // The process dies after so many answers, with more requests under way.
    for (const [round, count] of [1, 5, 12, 30].entries()) {
      const running = await started(directory);
      const enough = Promise.withResolvers<void>();
      let answered = 0;
      const note = (): void => {
        answered += 1;
        if (answered === count) enough.resolve();
      };
      const all = Array.from({ length: 40 }, async (_, i) => {
        const number = round * 40 + i;
        const object = new Uint8Array(1_000 + number).fill(number);
        await running.node.putObject(object);
        objects.push(object);
        const answer = await running.node.writeSlot(author.encoded(number, 10));
        answers.set(number, answer);
        note();
      });
      const settled = Promise.allSettled(all);
      await enough.promise;
      await killed(running);
      for (const outcome of await settled) {
        assert.ok(outcome.status === 'fulfilled' || outcome.reason instanceof NodeError);
      }
    }
    const running = await started(directory);
    await assertKept(running.node, objects, answers);
    await killed(running);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

async function assertKept(
  node: HttpNode,
  objects: readonly Uint8Array[],
  answers: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  assert.ok(objects.length >= 48 && answers.size >= 48);
  for (const object of objects) {
    assert.deepEqual(await node.getObject(addressOf(object)), object);
  }
  for (const [number, answer] of answers) {
    assert.deepEqual(await node.readSlot(slotKey(author.place(number))), answer);
    const later = slotState.decode(await node.writeSlot(author.encoded(number, 20)));
    assert.ok(later.ok && equal(later.value.values[0]!.value, author.write(number, 10).value));
  }
  const health = await node.health();
  assert.ok(health.objects >= objects.length && health.slots >= answers.size);
}
