/**
 * A storage node: a disk that outlives its processes, and the node that runs in the present one,
 * over the segment log.
 */

import { intents, type NodeAnswer, type NodeRequest } from '@dsm/availability';
import { NodeError, type Engine, type NodeApi } from '@dsm/ports';
import { segmentLog } from '@dsm/segment-log';
import { freshSecrets, storageNode, type NodeSecrets, type StorageNode } from '@dsm/storage-node';
import { stackOf } from './device.ts';
import { scheduledDisk, simulatedDisk, type SimulatedDisk } from './disk.ts';
import { lying, type Lie } from './lies.ts';
import { random } from './random.ts';
import { lifeOf, type Life } from './schedule.ts';
import type { World } from './world.ts';

export interface Node {
  readonly index: number;
  readonly address: string;
  disk: SimulatedDisk;
  secrets: NodeSecrets;
  lives: number;
  life: Life | undefined;
  node: StorageNode | undefined;
  /** What it says instead of the truth. */
  lie: Lie | undefined;
  /** True once it lied or its disk did what no engine survives: it counts among the f. */
  faulty: boolean;
  ruined: string;
  capacityBytes: number;
  /** Whether it wants to stay in the next version of the registry. */
  leaves: boolean;
}

/** Small, so that segments are sealed, emptied and removed within a run. */
const segmentBytes = 262_144;

export function newNode(index: number): Node {
  return {
    index,
    address: `node-${index}`,
    disk: simulatedDisk(`node ${index}`, new Map()),
    secrets: freshSecrets(new Uint8Array(32).fill(index + 1)),
    lives: 0,
    life: undefined,
    node: undefined,
    lie: undefined,
    faulty: false,
    ruined: '',
    capacityBytes: 64 << 20,
    leaves: false,
  };
}

export function startNode(world: World, node: Node): void {
  if (node.life !== undefined || node.ruined !== '') return;
  const { schedule } = world;
  const life = lifeOf(node.address);
  node.life = life;
  node.lives += 1;
  schedule.enter(life, 'command', () => {
    opened(world, node, life).then(
      (made) => {
        node.node = made;
      },
      (error: unknown) => {
        if (!node.faulty) {
          world.tell('opening', `${node.address} cannot open its engine: ${stackOf(error)}`);
        }
        node.ruined = String(error);
        world.happened('a damaged node refused to open');
        endNode(world, node, 'kill');
      },
    );
  });
}

async function opened(world: World, node: Node, life: Life): Promise<StorageNode> {
  const { schedule, happened } = world;
  const entropy = random(world.seed, `node ${node.index} life ${node.lives}`);
  const disk = scheduledDisk(node.disk, life, schedule, happened);
  const log = await segmentLog({ disk, entropy, segmentBytes });
  for (const { engineOpened } of world.watches) {
    if (!node.faulty) await engineOpened?.(node.index, log.get);
  }
  const engine: Engine = {
    ...log,
    commit: async (writes) => {
      const kept = writes.map((write) => ({ ...write, value: write.value?.slice() }));
      for (const { engineAsked } of world.watches) engineAsked?.(node.index, kept);
      await log.commit(writes);
      for (const { engineKept } of world.watches) engineKept?.(node.index, kept);
    },
  };
  return storageNode({
    engine,
    registry: () => world.network.registry,
    network: world.network.id,
    suite: 1,
    secrets: {
      // Whoever retires a seed overwrites its bytes: what lies on the disk is a copy.
      read: () => Promise.resolve(copyOfSecrets(node.secrets)),
      replace: (next) =>
        new Promise((resolve) => {
          const kept = copyOfSecrets(next);
          schedule.add(life, 'disk', () => {
            node.secrets = kept;
            resolve();
          });
        }),
    },
    capacityBytes: node.capacityBytes,
    address: node.address,
    dial: (address) => world.dial(life, `n${node.index}`, address, undefined)!,
    admits: () => true,
    intent: () => (node.leaves ? intents.leave : intents.stay),
    onError: (error) => {
      const isFull = error instanceof NodeError && error.code === 'full';
      if (!isFull && !node.faulty && node.life === life) {
        world.tell('node', `${node.address} cannot follow the registry: ${stackOf(error)}`);
      }
    },
  });
}

/** The process ends; with the power, what the disk had not synced is torn or lost. */
export function endNode(world: World, node: Node, how: 'kill' | 'power'): void {
  const { life } = node;
  if (life === undefined) return;
  life.over = true;
  node.life = undefined;
  node.node = undefined;
  if (how === 'power') node.disk.medium.powerCut();
  else node.disk.medium.kill();
  node.disk.medium.leaveRoom(Infinity);
  for (const tell of life.onEnd) tell();
  world.happened(how === 'power' ? 'the power of a node went' : 'a node was killed');
}

/** The node as others reach it: everything goes through `ask`, and is seen as it leaves. */
export function servedBy(world: World, node: Node): NodeApi | undefined {
  const { node: real } = node;
  if (real === undefined) return undefined;
  const seen = (request: NodeRequest, answer: NodeAnswer): NodeAnswer => {
    const said = node.lie === undefined ? answer : lying(world, node.lie, request, answer);
    for (const { answered } of world.watches) answered?.(node.index, request, said);
    return said;
  };
  const one = async (request: NodeRequest, body: Promise<Uint8Array | undefined>) => {
    const bytes = await body;
    const answer = bytes === undefined ? ({ type: 'absent' } as const) : okay(bytes);
    const said = seen(request, answer);
    return said.type === 'ok' ? said.body : undefined;
  };
  return {
    address: node.address,
    putObject: real.putObject,
    getObject: (address) => one({ type: 'get', address }, real.getObject(address)),
    writeSlot: async (write) =>
      (await one({ type: 'write-slot', write }, real.writeSlot(write))) ?? new Uint8Array(0),
    readSlot: (key) => one({ type: 'read-slot', key }, real.readSlot(key)),
    ask: async (requests) => {
      const answers = await real.ask(requests);
      return answers.map((answer, i) => seen(requests[i]!, answer));
    },
    health: real.health,
  };
}

function okay(body: Uint8Array): NodeAnswer {
  return { type: 'ok', body };
}

export function copyOfSecrets(secrets: NodeSecrets): NodeSecrets {
  return { ...secrets, identity: secrets.identity.slice(), voteSeed: secrets.voteSeed.slice() };
}
