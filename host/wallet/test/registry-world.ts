/**
 * Storage nodes that change their registry, in one process: each over an engine in memory that
 * outlives it, reached by its address, stopped, lost, started again and cut off by the tests.
 */

import assert from 'node:assert/strict';
import {
  firstRegistry,
  intents,
  type Intent,
  type NodeAnswer,
  type NodeRequest,
} from '@dsm/availability';
import { memoryEngine, memoryEnginePlace, type MemoryEnginePlace } from '@dsm/memory';
import { NodeError, type Engine, type NodeApi } from '@dsm/ports';
import { filled } from '@dsm/ports/conformance';
import { groupOf, slotState, type Registry, type SlotState } from '@dsm/primitive';
import {
  secretsInMemory,
  storageNode,
  type Dial,
  type SecretKeeper,
  type StorageNode,
} from '@dsm/storage-node';
import { registryApply, registryPlan, type Applied, type RegistryPlan } from '../src/index.ts';

export const network: Uint8Array = filled(42);

export interface Member {
  readonly address: string;
  readonly place: MemoryEnginePlace;
  readonly secrets: SecretKeeper;
  /** Undefined while it is stopped. */
  node: StorageNode | undefined;
  /** Resolves when its process ends without a word: what it was asked is never answered. */
  died: Promise<void> | undefined;
  intent: Intent;
  /** Whether its operator lets newcomers join. */
  admits: boolean;
  capacityBytes: number;
}

export interface WorldOptions {
  /** Nodes of the first registry, and the most groups that they form. */
  readonly nodes?: number;
  readonly groupsMax?: number;
  readonly admission?: 0 | 1;
  /** The network's id, if not the usual one. */
  readonly id?: Uint8Array;
  /** The engine of a member: by default the plain one in memory. */
  readonly engine?: (member: Member) => Engine;
  /** Asked before each request from one address to another: false is silence. */
  readonly reaches?: (from: string, to: string) => boolean;
  /** What is heard instead of a node's answer. */
  readonly tamper?: (heard: Heard) => NodeAnswer;
}

/** An answer on its way. */
export interface Heard {
  readonly from: string;
  readonly to: string;
  readonly request: NodeRequest;
  readonly answer: NodeAnswer;
}

export interface RegistryWorld {
  readonly members: Map<string, Member>;
  readonly first: Registry;
  /** A way to the nodes as somebody at `from` has it. */
  readonly dial: (from: string) => Dial;
  /** A node that is in no registry yet, started. */
  readonly newcomer: (number: number, registry?: Registry) => Promise<Member>;
  readonly start: (member: Member, registry?: Registry) => Promise<StorageNode>;
  readonly stop: (member: Member) => Promise<void>;
  /** The newest registry that most nodes have. */
  readonly newest: () => Registry;
  readonly plan: (registry: Registry, applicants?: readonly string[]) => Promise<RegistryPlan>;
  readonly apply: (plan: RegistryPlan) => Promise<Applied>;
  /** Plans and applies, and waits until every running node has opened the version. */
  readonly change: (applicants?: readonly string[]) => Promise<Registry>;
  /** Waits until every running node has opened what it has learned. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const capacityBytes: number = 64 << 20;

export async function registryWorld(options: WorldOptions = {}): Promise<RegistryWorld> {
  const { nodes: count = 4, groupsMax = 1, admission = 0 } = options;
  const crew = crewOf(options);
  const { members, dial, start, memberOf, running } = crew;
  for (let number = 1; number <= count; number++) await start(memberOf(number));
  const cards = running().map(({ card }) => card);
  const { id = network } = options;
  const first = firstRegistry({ network: id, nodes: cards, groupsMax, admission });
  assert.ok(first !== undefined);
  crew.registry = first;
  const newest = (): Registry =>
    running()
      .map((node) => node.registries()!.newest)
      .reduce((a, b) => (b.version > a.version ? b : a));
  const settled = async (): Promise<void> => {
    await Promise.all(running().map((node) => node.follow()));
  };
  const plan: RegistryWorld['plan'] = async (registry, applicants = []) => {
    const planned = await registryPlan({ registry, dial: dial('planner'), applicants });
    assert.ok(planned.ok, planned.ok ? '' : planned.refusal);
    return planned.plan;
  };
  const apply: RegistryWorld['apply'] = (made) => registryApply(made, { dial: dial('planner') });
  const change: RegistryWorld['change'] = async (applicants) => {
    const applied = await apply(await plan(newest(), applicants));
    assert.equal(applied.type, 'applied');
    await settled();
    return newest();
  };
  const newcomer: RegistryWorld['newcomer'] = async (number, registry) => {
    const member = memberOf(number);
    await start(member, registry);
    return member;
  };
  const stop = async (member: Member): Promise<void> => {
    const { node } = member;
    member.node = undefined;
    await node?.close();
  };
  const close = async (): Promise<void> => {
    await Promise.all(running().map((node) => node.close()));
  };
  return {
    members,
    first,
    dial,
    start,
    newest,
    plan,
    apply,
    settled,
    newcomer,
    stop,
    change,
    close,
  };
}

/** The nodes of a world, before and after they have a registry. */
interface Crew extends Pick<RegistryWorld, 'members' | 'dial' | 'start'> {
  registry: Registry | undefined;
  readonly memberOf: (number: number) => Member;
  readonly running: () => StorageNode[];
}

function crewOf({ engine = plainEngine, reaches, tamper, id = network }: WorldOptions): Crew {
  const members = new Map<string, Member>();
  const nodeAt = (from: string, to: string): StorageNode => {
    const node = members.get(to)?.node;
    const isCut = from !== to && reaches?.(from, to) === false;
    if (node === undefined || isCut) throw new NodeError('unreachable', `${to} is silent`);
    return node;
  };
  const crew: Crew = {
    members,
    registry: undefined,
    dial: (from) => (to) => {
      const heard = (request: NodeRequest, answer: NodeAnswer): NodeAnswer =>
        tamper?.({ from, to, request, answer }) ?? answer;
      return reaching(
        () => nodeAt(from, to),
        to,
        heard,
        () => members.get(to)?.died,
      );
    },
    running: () =>
      [...members.values()].map(({ node }) => node).filter((node) => node !== undefined),
    memberOf: (number) => {
      const address = `node-${number}`;
      const secrets = secretsInMemory(filled(number));
      const place = memoryEnginePlace();
      const rest = {
        node: undefined,
        died: undefined,
        intent: intents.stay,
        admits: true,
        capacityBytes,
      };
      const member: Member = { address, place, secrets, ...rest };
      members.set(address, member);
      return member;
    },
    start: async (member, registry) => {
      member.node = await storageNode({
        engine: engine(member),
        registry: () => registry ?? crew.registry,
        network: id,
        suite: 1,
        secrets: member.secrets,
        capacityBytes: member.capacityBytes,
        address: member.address,
        dial: crew.dial(member.address),
        intent: () => member.intent,
        admits: () => member.admits,
        pause: () => new Promise((resolve) => setTimeout(resolve, 2)),
        onError: (error) => {
          throw error;
        },
      });
      return member.node;
    },
  };
  return crew;
}

function plainEngine({ place }: Member): Engine {
  return memoryEngine({ place });
}

/** The node as it is when it is asked. */
function reaching(
  node: () => StorageNode,
  address: string,
  heard: (request: NodeRequest, answer: NodeAnswer) => NodeAnswer,
  died: () => Promise<void> | undefined,
): NodeApi {
  const call = async <T>(ask: (of: StorageNode) => Promise<T>): Promise<T> => {
    const dead = died()?.then((): never => {
      throw new NodeError('unreachable', `${address} is dead`);
    });
    return dead === undefined ? ask(node()) : Promise.race([ask(node()), dead]);
  };
  return {
    address,
    putObject: (bytes) => call((of) => of.putObject(bytes)),
    getObject: (at) => call((of) => of.getObject(at)),
    writeSlot: (bytes) => call((of) => of.writeSlot(bytes)),
    readSlot: (key) => call((of) => of.readSlot(key)),
    ask: (requests) =>
      call(async (of) => {
        const answers = await of.ask(requests);
        return answers.map((answer, i) => heard(requests[i]!, answer));
      }),
    health: () => call((of) => of.health()),
  };
}

/** The nodes of a slot's group, by address. */
export function groupAddresses(registry: Registry, key: Uint8Array): readonly string[] {
  return groupOf(registry, key).map((index) => registry.nodes[index]!.address);
}

/** What a node answers about a slot, decoded. */
export function stateOf(bytes: Uint8Array | undefined): SlotState | undefined {
  const decoded = bytes === undefined ? undefined : slotState.decode(bytes);
  return decoded?.ok === true ? decoded.value : undefined;
}
