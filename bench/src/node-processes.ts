/** Storage nodes, each a process of its own on this machine, with a registry that names them. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstRegistry } from '@dsm/availability';
import { httpNode, type HttpNode } from '@dsm/node';
import { registry as registryObject, type Registry } from '@dsm/primitive';
import type { NodeCard } from '@dsm/storage-node';

export const network: Uint8Array = new Uint8Array(32).fill(7);

/** What a node says of itself when it is up. */
export interface Introduction {
  readonly card: NodeCard;
  readonly address: string;
}

/** Where nodes keep their objects. */
export const engineNames = ['segment log', 'sqlite'] as const;
export type EngineName = (typeof engineNames)[number];

export interface NodeProcesses {
  readonly registry: Registry;
  readonly nodes: readonly HttpNode[];
  readonly pids: readonly number[];
  /** Once is enough, and more does no harm. */
  readonly stop: () => Promise<void>;
}

const program = fileURLToPath(new URL('node-process.ts', import.meta.url));

/** At least four, because fewer make no group. */
export async function startNodes(
  count: number,
  engine: EngineName,
  of: Uint8Array = network,
): Promise<NodeProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-nodes-'));
  const children: ChildProcess[] = [];
  let stopping: Promise<void> | undefined;
  const stopNow = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 100 });
  };
  const stop = (): Promise<void> => (stopping ??= stopNow());
  try {
    const cards: NodeCard[] = [];
    for (let i = 0; i < count; i++) {
      const own = join(folder, String(i));
      mkdirSync(own);
      const told = [engine, own, String(i + 1), Buffer.from(of).toString('base64url')];
      const child = fork(program, told, { serialization: 'advanced' });
      children.push(child);
      const [{ card }] = (await once(child, 'message')) as [Introduction];
      cards.push(card);
    }
    const registry = firstRegistry({ network: of, nodes: cards });
    if (registry === undefined) throw new RangeError('at least four nodes');
    for (const child of children) {
      const ready = once(child, 'message');
      child.send(registryObject.encode(registry));
      await ready;
    }
    const nodes = cards.map(({ address }) => httpNode(address));
    return {
      registry,
      nodes,
      pids: children.map(({ pid }) => pid ?? 0),
      stop: async () => {
        for (const node of nodes) node.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
