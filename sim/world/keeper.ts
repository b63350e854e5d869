/** The keeper: whoever looks after the nodes. It repairs, audits and changes the registry. */

import { registriesOf, type Registries, type Registry, type RegistryNode } from '@dsm/primitive';
import type { NodeApi } from '@dsm/ports';
import { audit, followRegistry, registryApply, registryPlan, repair } from '@dsm/wallet';
import { NodeError, silentNode } from '@dsm/ports';
import { stackOf } from './device.ts';
import type { World } from './world.ts';

export function dialer(world: World): (address: string) => NodeApi {
  return (address) =>
    world.dial(world.keeper, 'k', address) ?? silentNode(`nobody is called ${address}`);
}

/** The newest version of the registry that a running node has. */
export function newestOf({ nodes, network }: World): Registry {
  return nodes
    .flatMap(({ node }) => node?.registries()?.newest ?? [])
    .reduce((a, b) => (b.version > a.version ? b : a), network.registry);
}

/**
 * True if more nodes of the group than the f that are assumed cannot vote: those that are damaged or
 * lied, and those that were away while the registry changed. Then nothing is promised but safety.
 */
export function isBeyondAssumption(world: World): boolean {
  const { nodes, groups, f } = newestOf(world);
  const out = groups[0]!.filter((index) => {
    const { address, missed } = nodes[index]!;
    return missed > 0 || world.nodes.find((node) => node.address === address)!.faulty;
  });
  return out.length > f;
}

function work(world: World, name: string, perform: () => Promise<string>): boolean {
  world.schedule.enter(world.keeper, 'command', () => {
    perform().then(world.happened, (error: unknown) => {
      if (!(error instanceof NodeError)) world.tell('errors', `${name}: ${stackOf(error)}`);
    });
  });
  return true;
}

export function repaired(world: World): boolean {
  const dial = dialer(world);
  return work(world, 'repair', async () => {
    const known = await followed(world);
    const report = await repair({
      registries: () => known,
      reach: (node: RegistryNode) => dial(node.address),
      entropy: { bytes: world.random.bytes },
    });
    return report.copied > 0 ? 'a repair copied something' : 'a repair found nothing to do';
  });
}

export function audited(world: World, index: number): boolean {
  const dial = dialer(world);
  const registry = newestOf(world);
  const node = registry.nodes.find(({ address }) => address === world.nodes[index]!.address);
  if (node === undefined) return false;
  return work(world, 'audit', async () => {
    const { outcome } = await audit({
      node: node.id,
      registry,
      reach: (to) => dial(to.address),
      entropy: { bytes: world.random.bytes },
      samples: 4,
    });
    if (outcome === 'forked-commit' && !world.nodes[index]!.faulty) {
      world.tell('audits', `${node.address} is honest and was shown to fork its commits`);
    }
    return `an audit says: ${outcome}`;
  });
}

/** Plans the next version, perhaps with a node that stands by, and applies it. */
export function changed(world: World, n: number): boolean {
  const dial = dialer(world);
  const registry = newestOf(world);
  const spare = world.nodes.filter(
    ({ address, node }) =>
      node !== undefined && registry.nodes.every((member) => member.address !== address),
  );
  const applicant = spare[n % Math.max(1, spare.length)];
  // A member gives its place to the newcomer: what stood in its slots must be taken over.
  const member = world.nodes[n % 4]!;
  if (applicant !== undefined && n % 2 === 0) member.leaves = true;
  return work(world, 'a change of the registry', async () => {
    const planned = await registryPlan({
      registry,
      dial,
      applicants: applicant === undefined ? [] : [applicant.address],
    });
    if (!planned.ok) return `a plan of the registry was refused: ${planned.refusal}`;
    const applied = await registryApply(planned.plan, { dial, attemptsMax: 4 });
    return `a change of the registry is ${applied.type}`;
  });
}

async function followed(world: World): Promise<Registries> {
  const start = registriesOf(world.network.registry);
  return followRegistry(start, dialer(world)).catch(() => start);
}
