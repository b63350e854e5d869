/** Vectors of device trees: updates and membership. */

import {
  deviceTree,
  genesis,
  genesisId,
  headAfter,
  membership,
  treeStart,
  treeUpdate,
  updateSlot,
  updateStatement,
  type Authority,
  type CertifiedUpdate,
  type Genesis,
  type Membership,
  type SignedUpdate,
  type TreeHead,
  type TreeUpdate,
  type TreeWish,
} from '@dsm/identity';
import {
  compare,
  limits,
  registryLineage,
  signedKinds,
  slotKinds,
  type Certificate,
  type KeyPair,
} from '@dsm/primitive';
import { claimed } from './certificates.ts';
import { malformed, number, patched, positionOf, spoiled, type Draft } from './draft.ts';
import { puppetGenesis } from './genesis.ts';
import { puppets, voters } from './registries.ts';
import {
  drawn,
  fakeSignature,
  keyPair,
  network,
  signature,
  voted,
  votingRegistry,
} from './world.ts';

const id = genesisId(puppetGenesis);
const device = (label: string): Uint8Array => drawn(`device ${label}`);

interface Chain {
  readonly heads: readonly TreeHead[];
  readonly updates: readonly TreeUpdate[];
  readonly tree: ReturnType<typeof deviceTree>;
}

function chained(start: Genesis, wishes: readonly TreeWish[]): Chain {
  const tree = deviceTree(genesisId(start));
  const heads = [treeStart(start)];
  const updates: TreeUpdate[] = [];
  for (const wish of wishes) {
    const made = tree.next(heads.at(-1)!, wish);
    if (!made.ok) throw new RangeError(made.refusal);
    updates.push(made.update);
    tree.apply(made.update);
    heads.push(headAfter(heads.at(-1)!, made.update));
  }
  return { heads, updates, tree };
}

const wishes: readonly TreeWish[] = [
  { type: 'add', device: device('phone') },
  { type: 'add', device: device('laptop') },
  { type: 'rotate', authority: drawn('authority 1') },
  { type: 'succeed', old: device('phone'), device: device('new phone') },
  { type: 'retire', device: device('laptop') },
];
const chain = chained(puppetGenesis, wishes);
const { tree } = chain;
const faked = (update: TreeUpdate): SignedUpdate => ({ update, signature: fakeSignature });
const bytesOf = (update: TreeUpdate): Uint8Array => treeUpdate.encode(faked(update));

// Updates

const last = chain.updates.at(-1)!;
const lastBytes = bytesOf(last);
const seqAt = 34;
const aliveAt = seqAt + 4 + 96;

function following(
  name: string,
  comment: string,
  signed: SignedUpdate,
  expect: string,
  before: readonly TreeUpdate[] = chain.updates.slice(0, 4),
  from: Genesis = puppetGenesis,
): Draft {
  return {
    name,
    comment,
    check: 'check',
    bytes: treeUpdate.encode(signed),
    given: { genesis: genesis.encode(from), before: before.map(bytesOf) },
    expect,
  };
}

const bent = (changes: Partial<TreeUpdate>): SignedUpdate => faked({ ...last, ...changes });
const prove = (...labels: readonly string[]): ReturnType<typeof tree.prove> =>
  tree.prove(labels.map(device));

/** An identity that signs, with everything that its two authorities have said. */
const authorities: readonly KeyPair[] = [0, 1].map((n) =>
  keyPair('slh-dsa-sha2-128s', `identity authority ${n}`),
);
const realGenesis: Genesis = {
  network,
  suite: 1,
  authority: authorities[0]!.publicKey,
  contributions: drawn('transcript'),
};
const real = chained(realGenesis, [
  { type: 'add', device: device('phone') },
  { type: 'rotate', authority: authorities[1]!.publicKey },
  { type: 'add', device: device('laptop') },
]);

function signedBy(pair: KeyPair, update: TreeUpdate): SignedUpdate {
  const by: Authority = { network, suite: 1, key: pair.publicKey };
  const kind = signedKinds[slotKinds.tree];
  return { update, signature: signature(pair, kind, 1, updateStatement(update, by)) };
}

const realRotation = signedBy(authorities[0]!, real.updates[1]!);
const realLast = signedBy(authorities[1]!, real.updates[2]!);
const spoilt = ({ update, signature: bytes }: SignedUpdate): SignedUpdate => ({
  update,
  signature: bytes.with(9, bytes[9]! ^ 1),
});

export const treeUpdates: readonly Draft[] = [
  ...chain.updates.map((update) => ({
    name: `number ${update.seq}: ${update.change.type}`,
    comment: 'As the authority may sign it.',
    bytes: bytesOf(update),
  })),
  ...spoiled(lastBytes, 49_152),
  malformed('number 0', 'Numbers begin with 1.', patched(lastBytes, seqAt, number(4, 0))),
  malformed(
    'a number too large',
    'One beyond the last.',
    patched(lastBytes, seqAt, number(4, limits.treeUpdatesMax + 1)),
  ),
  malformed(
    'the largest number',
    'It would leave no room for later ones.',
    patched(lastBytes, seqAt, number(4, 0xffff_ffff)),
  ),
  malformed('33 devices', 'More than a tree may have.', patched(lastBytes, aliveAt, number(1, 33))),
  malformed('another change', 'There are four.', patched(lastBytes, aliveAt + 1, number(1, 5))),
  following('of another identity', 'Its genesis.', bent({ genesis: drawn('x') }), 'genesis'),
  following('too early', 'A number is left out.', bent({ seq: 6 }), 'seq'),
  following('again', 'A number that was given.', bent({ seq: 4 }), 'seq'),
  following('after another', 'Not after the newest.', bent({ previous: id }), 'previous'),
  following('from another root', 'Not the tree’s.', bent({ before: drawn('x') }), 'root'),
  following('counted wrongly', 'One device is left.', bent({ alive: 2 }), 'alive'),
  following(
    'in its own place',
    'A device succeeds another one.',
    bent({
      alive: 2,
      change: {
        type: 'succeed',
        old: device('laptop'),
        device: device('laptop'),
        proof: prove('laptop'),
      },
    }),
    'same',
  ),
  following(
    'the same authority',
    'The next one is another.',
    bent({ alive: 2, change: { type: 'rotate', authority: drawn('authority 1') } }),
    'authority',
  ),
  following(
    'a short authority',
    'No key of the suite.',
    bent({ alive: 2, change: { type: 'rotate', authority: drawn('x', 31) } }),
    'authority',
  ),
  following('to another root', 'Not what the change gives.', bent({ after: drawn('x') }), 'proof'),
  following(
    'added twice',
    'The device is there.',
    bent({
      alive: 3,
      change: { type: 'add', device: device('new phone'), proof: prove('new phone') },
    }),
    'proof',
  ),
  following(
    'added after it had left',
    'Its leaf says so.',
    bent({ alive: 3, change: { type: 'add', device: device('phone'), proof: prove('phone') } }),
    'proof',
  ),
  following(
    'a rotation that moves the root',
    'It changes no device.',
    bent({ alive: 2, change: { type: 'rotate', authority: drawn('authority 2') } }),
    'proof',
  ),
  {
    ...following(
      'by the authority in force',
      'After a rotation: the second one.',
      realLast,
      'ok',
      real.updates.slice(0, 2),
      realGenesis,
    ),
    signature: true,
  },
  {
    ...following(
      'a false signature',
      'Of the right length.',
      spoilt(realLast),
      'signature',
      real.updates.slice(0, 2),
      realGenesis,
    ),
    signature: true,
  },
];

// Membership

const byKey = (n: number): Authority => chain.heads[n]!.authority;
const certified = (at: number, changes: Partial<TreeUpdate> = {}): CertifiedUpdate => {
  const update = { ...chain.updates[at]!, ...changes };
  return { signed: faked(update), certificate: claimed(updateSlot(update, byKey(at))) };
};
const listed = (labels: readonly string[], of: Chain): Membership['devices'] =>
  labels
    .map((label) => ({ device: device(label), status: of.tree.status(device(label)) }))
    .toSorted((a, b) => compare(a.device, b.device));
const all = ['phone', 'new phone', 'laptop', 'stranger'];
const claim: Membership = {
  genesis: puppetGenesis,
  rotations: [certified(2)],
  newest: certified(4),
  devices: listed(all, chain),
  proof: prove(...all),
};
const claimBytes = membership.encode(claim);

const few = ({ votes, ...rest }: Certificate): Certificate => ({ ...rest, votes: votes.slice(1) });
const realCertified = (signed: SignedUpdate, at: number): CertifiedUpdate => ({
  signed,
  certificate: voted(
    updateSlot(signed.update, real.heads[at]!.authority),
    registryLineage(votingRegistry),
  ),
});
const realClaim: Membership = {
  genesis: realGenesis,
  rotations: [realCertified(realRotation, 1)],
  newest: realCertified(realLast, 2),
  devices: listed(['phone', 'stranger'], real),
  proof: real.tree.prove(['phone', 'stranger'].map(device)),
};

const showing = (
  name: string,
  comment: string,
  value: Membership,
  expect: string,
  by: Uint8Array = puppets,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: membership.encode(value),
  given: { network, registries: [by] },
  expect,
});
const showingSigned = (...of: [string, string, Membership, string]): Draft => ({
  ...showing(...of, voters),
  signature: true,
});

export const memberships: readonly Draft[] = [
  { name: 'whole', comment: 'Present, gone, succeeded and never there.', bytes: claimBytes },
  ...spoiled(claimBytes, 983_040),
  malformed(
    'devices that descend',
    'They ascend strictly.',
    patched(
      claimBytes,
      positionOf(claimBytes, claim.devices[0]!.device),
      new Uint8Array(32).fill(0xff),
    ),
  ),
  showing(
    'of another network',
    'The genesis is.',
    { ...claim, genesis: { ...puppetGenesis, network: drawn('x') } },
    'genesis',
  ),
  showing(
    'a short authority',
    'No key of the suite.',
    { ...claim, genesis: { ...puppetGenesis, authority: drawn('x', 31) } },
    'genesis',
  ),
  showing(
    'of another identity',
    'The updates name another genesis.',
    { ...claim, genesis: { ...puppetGenesis, contributions: drawn('x') } },
    'order',
  ),
  showing(
    'more than rotations',
    'An update before the newest rotates nothing.',
    { ...claim, rotations: [certified(1), certified(2)] },
    'order',
  ),
  showing(
    'a rotation twice',
    'They ascend.',
    { ...claim, rotations: [certified(2), certified(2)] },
    'order',
  ),
  showing(
    'neighbours that do not fit',
    'Number 4 follows number 3 and does not name it.',
    { ...claim, newest: certified(3, { previous: drawn('x') }) },
    'order',
  ),
  showing(
    'the same authority',
    'A rotation to the key in force.',
    {
      ...claim,
      rotations: [certified(2, { change: { type: 'rotate', authority: puppetGenesis.authority } })],
    },
    'authority',
  ),
  showing(
    'to another root',
    'Not what the change gives.',
    { ...claim, newest: certified(4, { after: drawn('x') }) },
    'change',
  ),
  showing(
    'alive after it had left',
    'The tree says something else.',
    { ...claim, devices: claim.devices.map((one) => ({ ...one, status: { type: 'alive' } })) },
    'devices',
  ),
  showing(
    'a device left out',
    'The proof covers it.',
    { ...claim, devices: claim.devices.slice(1) },
    'devices',
  ),
  showingSigned('holds', 'Two authorities, each has signed.', realClaim, 'ok'),
  showingSigned(
    'a false signature',
    'Of the right length.',
    { ...realClaim, newest: realCertified(spoilt(realLast), 2) },
    'signature',
  ),
  showingSigned(
    'too few votes',
    'Two of three.',
    {
      ...realClaim,
      newest: { ...realClaim.newest, certificate: few(realClaim.newest.certificate) },
    },
    'certificate',
  ),
];
