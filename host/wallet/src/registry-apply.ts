/**
 * Applying a plan: the signers endorse and commit, and the certificate is told to every node.
 *
 * It can be stopped and begun again at any point, by anybody: what was agreed stays agreed. If the
 * signers have locked themselves on another plan, that one is brought to its end first.
 */

import {
  checkSuccession,
  chunksOf,
  closedSet,
  isAgreed,
  manifest,
  phases,
  registryAddress,
  saysSo,
  signerRecord,
  succession,
  successionDigest,
  placement,
  type SignerRecord,
  type Succession,
} from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import {
  address as addressOf,
  decodeWith,
  equal,
  registryLineage,
  type Registry,
} from '@dsm/primitive';
import { askOne, wholeObject, type Dial } from '@dsm/storage-node';
import { successorOf } from './registry-chain.ts';
import { planOf, type RegistryPlan } from './registry-plan.ts';

/** What happens, as it happens. */
export type ApplyEvent =
  | { readonly type: 'attempt'; readonly attempt: number }
  | { readonly type: 'endorsed' | 'committed'; readonly node: number }
  | { readonly type: 'refused'; readonly node: number; readonly sentence: string }
  | { readonly type: 'other-plan' }
  | { readonly type: 'certified' }
  | { readonly type: 'told'; readonly address: string }
  | { readonly type: 'silent'; readonly address: string };

export interface ApplyOptions {
  readonly dial: Dial;
  /** How often to try before giving up; each try may find other signers reachable. */
  readonly attemptsMax?: number;
  readonly onEvent?: (event: ApplyEvent) => void;
}

/**
 * applied   the plan's next version is certified and told
 * other     another successor is certified: plan anew on top of it
 * undecided too few signers agreed; applying again goes on
 */
export type Applied =
  | {
      readonly type: 'applied' | 'other';
      readonly registry: Registry;
      readonly certificate: Succession;
    }
  | { readonly type: 'undecided' };

const usualAttempts = 8;
/** A signer that claims attempts further from the others than this is not followed. */
const leapMax = 64;

export async function registryApply(plan: RegistryPlan, options: ApplyOptions): Promise<Applied> {
  const { dial, attemptsMax = usualAttempts, onEvent = ignore } = options;
  const { old } = plan;
  const work = { old, dial, onEvent };
  const done = await successorOf(old, dial);
  if (done?.succession !== undefined) {
    const certificate = done.succession;
    await tell(work, done.registry, certificate, done.registry.closed);
    return { type: typeOf(plan, done.registry), registry: done.registry, certificate };
  }
  await publish(plan, dial);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const certificate = await attempted(work, plan);
    if (certificate === undefined) continue;
    const registry = await agreedOn(work, plan, certificate);
    if (registry === undefined) continue;
    onEvent({ type: 'certified' });
    await tell(work, registry.next, certificate, registry.closed);
    return { type: typeOf(plan, registry.next), registry: registry.next, certificate };
  }
  return { type: 'undecided' };
}

interface Work {
  readonly old: Registry;
  readonly dial: Dial;
  readonly onEvent: (event: ApplyEvent) => void;
}

function typeOf(plan: RegistryPlan, registry: Registry): 'applied' | 'other' {
  return equal(registryAddress(plan.next), registryAddress(registry)) ? 'applied' : 'other';
}

/** The closed set, at its replicas and at every signer: they compute what follows from it. */
async function publish({ old, set }: RegistryPlan, dial: Dial): Promise<void> {
  const bytes = closedSet.encode(set);
  const chunks = chunksOf(bytes);
  const list = { size: bytes.length, chunks: chunks.map((chunk) => addressOf(chunk)) };
  // A manifest comes last: who finds it finds all that it names.
  const objects = chunks.length === 1 ? chunks : [...chunks, manifest.encode(list)];
  for (const one of objects) {
    const { replicas, spill } = placement(old, addressOf(one));
    const places = new Set([...replicas, ...spill, ...old.signers]);
    await Promise.all(
      [...places].map((index) => quiet(() => dial(old.nodes[index]!.address).putObject(one))),
    );
  }
}

/** One attempt: its certificate, if enough signers went along. */
async function attempted(work: Work, plan: RegistryPlan): Promise<Succession | undefined> {
  const { old, onEvent } = work;
  const records = await Promise.all(old.signers.map((index) => recordOf(work, index)));
  const locked = highestLock(old, records);
  const closed = locked?.closed ?? plan.closed;
  const value = locked?.shown.value ?? registryAddress(plan.next);
  if (!equal(closed, plan.closed)) onEvent({ type: 'other-plan' });
  const attempt = nextAttempt(records);
  onEvent({ type: 'attempt', attempt });
  const endorsed = await gathered(
    work,
    'endorsed',
    { phase: phases.endorse, attempt, value },
    (i) =>
      endorsement(work, i, { attempt, closed, locked, record: records[old.signers.indexOf(i)] }),
  );
  if (endorsed === undefined) return undefined;
  const shown = succession.encode(endorsed);
  return gathered(work, 'committed', { phase: phases.commit, attempt, value }, (index) =>
    askOne(work.dial(old.nodes[index]!.address), { type: 'commit', closed, shown }),
  );
}

/** The lock with the latest attempt that is proved. */
function highestLock(
  old: Registry,
  records: readonly (SignerRecord | undefined)[],
): SignerRecord['backing'] {
  return records
    .map((record) => record?.backing)
    .filter((one) => one !== undefined)
    .filter(({ shown }) => shown.phase === phases.endorse && isAgreed(shown, old))
    .toSorted((a, b) => b.shown.attempt - a.shown.attempt)[0];
}

/** One more than the latest attempt of the signers; a claim far from the middle is nobody's. */
function nextAttempt(records: readonly (SignerRecord | undefined)[]): number {
  const claims = records
    .filter((record) => record !== undefined)
    .map(({ state }) => state.attempt)
    .toSorted((a, b) => a - b);
  const middle = claims[claims.length >> 1] ?? 0;
  return (claims.findLast((one) => one <= middle + leapMax) ?? 0) + 1;
}

interface Endorsement {
  readonly attempt: number;
  readonly closed: Uint8Array;
  readonly locked: SignerRecord['backing'];
  readonly record: SignerRecord | undefined;
}

/** Brings a signer that is behind through the attempts that it has not seen. */
async function endorsement(
  { old, dial }: Work,
  index: number,
  { attempt, closed, locked, record }: Endorsement,
): Promise<Uint8Array | undefined> {
  const node = dial(old.nodes[index]!.address);
  const shown = locked === undefined ? undefined : succession.encode(locked.shown);
  const reached = Math.max(record?.state.attempt ?? 0, locked?.shown.attempt ?? 0);
  for (let at = Math.max(reached, attempt - leapMax) + 1; at < attempt; at++) {
    await askOne(node, { type: 'endorse', attempt: at, closed, shown });
  }
  return askOne(node, { type: 'endorse', attempt, closed, shown });
}

/** The signatures of enough signers on one statement, each asked by `ask`. */
async function gathered(
  { old, onEvent }: Work,
  done: 'endorsed' | 'committed',
  said: Pick<Succession, 'phase' | 'attempt' | 'value'>,
  ask: (index: number) => Promise<Uint8Array | undefined>,
): Promise<Succession | undefined> {
  const statement = { lineage: registryLineage(old), version: old.version, ...said };
  const digest = successionDigest(statement);
  const one = async (index: number): Promise<Succession['signatures']> => {
    const body = await ask(index);
    const decoded = body === undefined ? undefined : succession.decode(body);
    const found = decoded?.ok === true ? decoded.value.signatures : [];
    const own = found.filter(
      ({ node, signature }) => node === index && saysSo(old, index, digest, signature),
    );
    if (own.length > 0) onEvent({ type: done, node: index });
    return own;
  };
  const answers = await Promise.all(
    old.signers.map((index) => quiet(() => one(index), refusalTeller(onEvent, index))),
  );
  const signatures = answers.flatMap((answer) => answer ?? []);
  if (signatures.length < old.threshold) return undefined;
  return { ...statement, signatures };
}

function refusalTeller(
  onEvent: (event: ApplyEvent) => void,
  node: number,
): (error: NodeError) => void {
  return ({ message }) => onEvent({ type: 'refused', node, sentence: message });
}

async function recordOf({ old, dial }: Work, index: number): Promise<SignerRecord | undefined> {
  const { address } = old.nodes[index]!;
  const body = await quiet(() => askOne(dial(address), { type: 'signing' }));
  const record = body === undefined ? undefined : decodeWith(signerRecord, body);
  return record?.version === old.version ? record : undefined;
}

/** What was agreed on: this plan, or another one whose closed set some signer has. */
async function agreedOn(
  { old, dial }: Work,
  plan: RegistryPlan,
  certificate: Succession,
): Promise<RegistryPlan | undefined> {
  if (checkSuccession(old, plan.next, certificate) === undefined) return plan;
  for (const index of old.signers) {
    const record = await recordOf({ old, dial, onEvent: ignore }, index);
    const at = record?.backing?.closed;
    if (at === undefined) continue;
    const node = dial(old.nodes[index]!.address);
    const bytes = await quiet(() => wholeObject(at, (one) => node.getObject(one)));
    const decoded = bytes === undefined ? undefined : closedSet.decode(bytes);
    const other = decoded?.ok === true ? planOf(old, decoded.value.signals) : undefined;
    if (other?.ok === true && checkSuccession(old, other.plan.next, certificate) === undefined) {
      return other.plan;
    }
  }
  return undefined;
}

/** Every node of both versions learns of the change; who is silent now learns it from others. */
async function tell(
  { old, dial, onEvent }: Work,
  registry: Registry,
  certificate: Succession,
  closed: Uint8Array,
): Promise<void> {
  const shown = succession.encode(certificate);
  const addresses = new Set([...old.nodes, ...registry.nodes].map(({ address }) => address));
  await Promise.all(
    [...addresses].map(async (address) => {
      const done = await quiet(async () => {
        await askOne(dial(address), { type: 'succeed', closed, shown });
        return true;
      });
      onEvent({ type: done === true ? 'told' : 'silent', address });
    }),
  );
}

/** Undefined if the node is silent or refuses. */
async function quiet<T>(
  ask: () => Promise<T>,
  onRefusal: (error: NodeError) => void = ignore,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    onRefusal(error);
    return undefined;
  }
}

function ignore(): void {}
