/** `dsm registry`: how the registry of a network changes: staged as a plan, then applied. */

import { readFile, writeFile } from 'node:fs/promises';
import { nameOf } from '@dsm/availability';
import { registriesOf, type Registry } from '@dsm/primitive';
import {
  decodePlan,
  DsmError,
  encodePlan,
  followRegistry,
  planDifference,
  registryApply,
  registryPlan,
  type ApplyEvent,
  type NodeChange,
  type RegistryPlan,
} from '@dsm/wallet';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { located, readNetwork, writeNetwork, type NetworkFile } from '../network-file.ts';
import { reachByHttp, type Reach } from '../node-care.ts';
import * as s from '../schema.ts';
import { networkOf } from '../session.ts';

const ofOption = { form: '--of <file>', meaning: 'the network file (the one of this wallet)' };

const nodeSchema = s.partial(
  {
    id: s.base64url,
    address: s.text,
    seats: s.count,
    missed: s.count,
    signs: s.flag,
  },
  { group: s.count },
);

const show: CommandSpec = {
  name: 'show',
  summary: 'show the newest version of the registry that its nodes know',
  options: [ofOption],
  example: 'dsm registry show',
  output: s.record({
    version: s.count,
    groups: s.count,
    threshold: s.count,
    nodes: s.list(nodeSchema),
  }),
  run: async (context, input) =>
    reached(async (reach) => {
      const newest = await newestOf(await fileOf(context, input), reach);
      const { version, groups, threshold, signers } = newest;
      const nodes = newest.nodes.map(({ id, address, missed }, index) => {
        const group = groups.findIndex((one) => one.includes(index));
        const seats = newest.seats.filter((owner) => owner === index).length;
        const signs = signers.includes(index);
        return { id: nameOf(id), address, seats, missed, signs, ...(group >= 0 && { group }) };
      });
      context.result({ version, groups: groups.length, threshold, nodes }, [
        `version ${version}: ${nodes.length} nodes, ${groups.length} groups, ${threshold} of ${signers.length} sign the next`,
        ...nodes.map(({ address, seats, group, missed }) =>
          [
            address,
            `${seats} seats`,
            group === undefined ? 'no slots' : `group ${group}`,
            ...(missed > 0 ? [`silent for ${missed}`] : []),
          ].join('  '),
        ),
      ]);
      return 0;
    }),
};

const changeSchema = s.partial(
  {
    id: s.base64url,
    address: s.text,
    change: s.oneOf('joins', 'leaves', 'gone', 'silent', 'stays'),
    seatsBefore: s.count,
    seatsAfter: s.count,
  },
  { groupBefore: s.count, groupAfter: s.count, says: s.oneOf('up', 'down', 'stable') },
);

const planSchema = s.record({
  version: s.count,
  closed: s.base64url,
  moved: { type: 'number', minimum: 0 },
  nodes: s.list(changeSchema),
});

const plan: CommandSpec = {
  name: 'plan',
  summary: 'ask all nodes what they say, and stage the version that follows',
  details:
    'Writes the plan to a file and shows what it changes; nothing happens until it is applied.\n' +
    'Nodes that want to join are named by their URLs. In a network that admits by name, enough\n' +
    'signers must have been started with --admit for them.',
  arguments: [
    { form: '<file>', meaning: 'where to write the plan' },
    { form: '[urls...]', meaning: 'nodes that apply' },
  ],
  options: [ofOption],
  example: 'dsm registry plan next.plan http://127.0.0.1:4615',
  output: planSchema,
  run: async (context, input) =>
    reached(async (reach) => {
      const registry = await newestOf(await fileOf(context, input), reach);
      const planned = await registryPlan({ registry, dial: reach.at, applicants: input.rest(1) });
      if (!planned.ok) {
        throw new DsmError('offline', 'too few signers answer, so nothing can follow');
      }
      await writeFile(located(input.argument(0), context.cli.cwd), encodePlan(planned.plan));
      context.result(planView(planned.plan), planLines(planned.plan));
      return 0;
    }),
};

const apply: CommandSpec = {
  name: 'apply',
  summary: 'have the signers agree on a plan, and tell all nodes',
  details:
    'Can be repeated, by anybody: what was agreed stays agreed. If the signers are bound to another\n' +
    'plan already, that one is finished, and the answer says so: plan anew on top of it.',
  arguments: [{ form: '<file>', meaning: 'what dsm registry plan has written' }],
  options: [ofOption, { form: '--write <file>', meaning: 'a network file with the new version' }],
  example: 'dsm registry apply next.plan',
  output: s.record({
    outcome: s.oneOf('applied', 'other'),
    version: s.count,
    told: s.count,
    silent: s.list(s.text),
  }),
  run: async (context, input) =>
    reached(async (reach) => {
      const { cwd } = context.cli;
      const file = await fileOf(context, input);
      const staged = await readPlan(located(input.argument(0), cwd));
      let told = 0;
      const silent: string[] = [];
      const onEvent = (event: ApplyEvent): void => {
        if (event.type === 'told') told += 1;
        if (event.type === 'silent') silent.push(event.address);
        if (event.type === 'refused')
          context.cli.stderr(`signer ${event.node}: ${event.sentence}\n`);
      };
      const applied = await registryApply(staged, { dial: reach.at, onEvent });
      if (applied.type === 'undecided') {
        throw new DsmError('offline', 'too few signers agreed; applying again goes on');
      }
      const { registry, type: outcome } = applied;
      const target = input.option('write');
      if (target !== undefined) await writeNetwork(located(target, cwd), renewed(file, registry));
      const { version } = registry;
      context.result({ outcome, version, told, silent }, [
        outcome === 'applied'
          ? `version ${version} is certified; ${told} nodes know it`
          : `the signers were bound to another plan: version ${version} is that one; plan anew`,
        ...silent.map((address) => `${address} is silent and will learn it from the others`),
      ]);
      return 0;
    }),
};

export const registry: CommandSpec = {
  name: 'registry',
  summary: 'which nodes a network has, and how that changes',
  commands: [show, plan, apply],
};

async function reached<T>(work: (reach: Reach) => Promise<T>): Promise<T> {
  const reach = reachByHttp();
  try {
    return await work(reach);
  } finally {
    reach.close();
  }
}

async function fileOf(context: Context, input: Input): Promise<NetworkFile> {
  const source = input.option('of');
  return source === undefined ? networkOf(context) : readNetwork(source, context.cli.cwd);
}

async function newestOf({ registry: known }: NetworkFile, reach: Reach): Promise<Registry> {
  return (await followRegistry(registriesOf(known), reach.at)).newest;
}

async function readPlan(path: string): Promise<RegistryPlan> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  });
  const found = decodePlan(Uint8Array.from(bytes));
  if (found === undefined) throw new DsmError('integrity', `${path} is no plan of a registry`);
  return found;
}

function renewed({ name }: NetworkFile, value: Registry): NetworkFile {
  return { name, registry: value, nodes: value.nodes.map(({ address }) => address) };
}

function planView(staged: RegistryPlan): object {
  const { nodes, moved } = planDifference(staged);
  const { version } = staged.next;
  const changes = nodes.map(({ id, groupBefore, groupAfter, says, ...rest }) => ({
    id: nameOf(id),
    ...rest,
    ...(groupBefore !== undefined && { groupBefore }),
    ...(groupAfter !== undefined && { groupAfter }),
    ...(says !== undefined && { says }),
  }));
  return { version, closed: nameOf(staged.closed), moved, nodes: changes };
}

function planLines(staged: RegistryPlan): readonly string[] {
  const { nodes, moved } = planDifference(staged);
  const { version } = staged.next;
  return [
    `version ${version}: ${(moved * 100).toFixed(1)} % of all replicas are to be copied`,
    ...nodes.map(lineOf),
  ];
}

function lineOf(node: NodeChange): string {
  const { address, change, seatsBefore, seatsAfter, groupBefore, groupAfter } = node;
  const seats = seatsBefore === seatsAfter ? `${seatsAfter}` : `${seatsBefore} → ${seatsAfter}`;
  const named = (group: number | undefined): string => (group === undefined ? 'none' : `${group}`);
  const [before, after] = [named(groupBefore), named(groupAfter)];
  const group = before === after ? after : `${before} → ${after}`;
  return `${address}  ${change}  seats ${seats}  group ${group}`;
}
