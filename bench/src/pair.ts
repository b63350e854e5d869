/**
 * Two devices with many relationships, for benches of the core: what a wallet keeps, in memory.
 *
 * All relationships are between these two, each with a secret of its own, so that both maps have as
 * many leaves as a device with as many contacts, and every one is used in turn. The proofs, leaves
 * and rules are the real ones; only the contacts are not different people.
 */

import {
  firstGeneration,
  address,
  deviceId,
  deviceMap,
  encodeWith,
  equal,
  keyDigest,
  keyOf,
  noteKey,
  signatures,
  sizes,
  suites,
  u32,
  utf8,
  zero32,
  type Card,
  type DeviceMap,
  type KeyPair,
  type KnownStep,
  type Rules,
  type SecretKey,
  type Signatures,
  type Step,
  type StepWrite,
  type Suite,
} from '@dsm/primitive';
import { openRelationship, type Device, type Relationship, type World } from '@dsm/bilateral';
import {
  noteBlind,
  noteId,
  noteLeaf,
  tokenId,
  valueRules,
  type Note,
  type Policy,
} from '@dsm/protocols';

export interface Party {
  readonly map: DeviceMap;
  readonly working: KeyPair;
  readonly secret: Uint8Array;
  readonly card: Card;
  readonly world: World;
  device: Device;
  readonly relationships: Relationship[];
  /** The newest step of the other party that is known here. */
  readonly steps: Map<string, KnownStep>;
}

export const network: Uint8Array = new Uint8Array(32).fill(0x62);

const root = new Uint8Array(32);

export function thing(name: string, n = 0): Uint8Array {
  return address(new Uint8Array([...utf8(name), ...encodeWith(u32, n)]));
}

/** Both parties, with `count` relationships whose views stand in both maps. */
export function pair(suite: Suite, count: number): readonly [Party, Party] {
  const parties = [party(suite, 'one'), party(suite, 'two')] as const;
  for (let i = 0; i < count; i++) {
    const secret = thing('secret', i);
    for (const [me, peer] of [parties, parties.toReversed()] as const) {
      const { id, incarnation } = peer!.device;
      const workingKey = peer!.working.publicKey;
      const of = { device: id, incarnation, suite, workingKey, since: 0 };
      const writers = {
        mine: keyDigest(suite, me!.working.publicKey),
        theirs: keyDigest(suite, workingKey),
      };
      me!.relationships.push(openRelationship(me!.device, of, secret, writers));
    }
  }
  return parties;
}

function party(suite: Suite, name: string): Party {
  const { working: algorithm } = suites[suite];
  const seed = new Uint8Array(sizes[algorithm].seed);
  seed.set(thing(name));
  const working = signatures().keyPair(algorithm, seed);
  const rootKey = root.with(0, name.length + name.codePointAt(0)!);
  const map = deviceMap();
  const secret = thing(`secret of ${name}`);
  const steps = new Map<string, KnownStep>();
  const id = deviceId(network, suite, rootKey);
  return {
    map,
    working,
    secret,
    steps,
    relationships: [],
    card: {
      body: firstGeneration({
        network,
        suite,
        rootKey,
        incarnation: 0,
        birth: zero32,
        workingKey: working.publicKey,
        kemKey: new Uint8Array(1_184),
        versions: [1],
        name,
      }),
      signature: new Uint8Array(0),
      succession: undefined,
    },
    device: { network, id, suite, incarnation: 0, seq: 0, previous: thing(name), root: zero32 },
    world: {
      rules,
      map,
      blindSecret: secret,
      // The two absorb everything of each other at once, so only the newest head is asked for.
      indexOfMine: ({ mine }, head) => (equal(mine.head, head) ? mine.index : undefined),
      headOfTheirs: ({ theirs }, index) => (index === theirs.index ? theirs.head : undefined),
      escrowOf: () => undefined,
      stepOf: (_, __, seq) => steps.get(String(seq)),
    },
  };
}

export const policy: Policy = {
  network,
  registry: zero32,
  ticker: 'BENCH',
  name: 'Bench',
  decimals: 0,
  cap: 1n << 64n,
  form: 0,
  threshold: 1,
  members: [zero32],
  bad: 0,
  burn: 0,
  allowed: undefined,
  suites: [1, 2],
  anchors: [],
  depthMax: 8,
  receiptsMax: 64,
};

let token: string | undefined;

/** The rules of value under the one policy of the benches. */
const rules: Rules = valueRules({
  policyOf: (asked) => {
    token ??= keyOf(tokenId(policy));
    return keyOf(asked) === token ? policy : undefined;
  },
  escrowOf: () => undefined,
});

/** Purse notes of `owner`, one for each amount, as leaves of its map. */
export function giveNotes(owner: Party, amounts: readonly bigint[]): readonly Note[] {
  const notes = amounts.map((amount, index): Note => ({
    token: tokenId(policy),
    source: thing('load'),
    index,
    owner: owner.device.id,
    key: keyDigest(owner.device.suite, owner.working.publicKey),
    amount,
    kind: 1,
    depth: 1,
    receipts: 2,
  }));
  owner.map.apply(
    notes.map((note) => {
      const id = noteId(note.source, note.index);
      return { key: noteKey(id), value: noteLeaf(note, noteBlind(owner.secret, id)) };
    }),
  );
  owner.device = { ...owner.device, root: owner.map.root() };
  return notes;
}

/** Keep what a decision has moved. */
export function keep(
  me: Party,
  at: number,
  {
    device,
    relationship,
    leaves,
  }: { device: Device; relationship: Relationship; leaves: readonly StepWrite[] },
): void {
  me.device = device;
  me.relationships[at] = relationship;
  me.map.apply(leaves.map(({ key, after }) => ({ key, value: after })));
}

/** Know a step of the other party, and forget the one before its last. */
export function learn(me: Party, step: Step, statement: Uint8Array): void {
  const { before, after, previous, seq } = step;
  me.steps.set(String(seq), { statement, before, after, previous });
  me.steps.delete(String(seq - 2));
}

/** Signatures that cost nothing and hold always: what everything else costs shows alone. */
export const unsigned: Signatures = {
  name: 'none',
  keyPair: (algorithm, seed) => {
    const publicKey = new Uint8Array(sizes[algorithm].publicKey);
    publicKey.set(seed.subarray(0, 32));
    const printed = (): '[secret]' => '[secret]';
    const secretKey: SecretKey = { algorithm, toString: printed, toJSON: printed };
    return { publicKey, secretKey };
  },
  sign: ({ algorithm }) => noSignatures[algorithm],
  verify: () => true,
};

const noSignatures = {
  'ml-dsa-65': new Uint8Array(sizes['ml-dsa-65'].signature),
  'slh-dsa-sha2-128s': new Uint8Array(sizes['slh-dsa-sha2-128s'].signature),
  'slh-dsa-sha2-128f': new Uint8Array(sizes['slh-dsa-sha2-128f'].signature),
};
