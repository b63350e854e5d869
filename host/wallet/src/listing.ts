/**
 * Being found: the invitation of this wallet, and the names under which it is listed.
 *
 * The key of an invitation is durable before anybody sees it. What is listed is said again by `sync`
 * until the nodes have it, when it is about to lapse, and with the card of a later incarnation or
 * generation: then the invitation is a new one, because the old one’s key may be somebody else’s.
 */

import { address, cardDevice, equal, keyOf, kinds, zero32 } from '@dsm/primitive';
import {
  deviceTopic,
  genesisTopic,
  inboxTopic,
  invitation as invitationObject,
  invitationDigest,
  listing,
  membership as membershipObject,
  nameTopic,
  normalName,
  type InvitationBody,
} from '@dsm/identity';
import { advertise, workingWriter } from './advertising.ts';
import { namesMax, type DirectoryRow, type OwnInvitation } from './directory-rows.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { laneKeyOf, listedVersions } from './introducing.ts';
import { signAs } from './keys.ts';
import { ownMembership } from './membership.ts';
import { draft, putDirectory, type Model } from './model.ts';

/** Keep the name, with an invitation if there is none. Answers with how many nodes list it. */
export async function publishName(engine: Engine, text: string): Promise<number> {
  const name = normalName(text);
  if (name === undefined) {
    throw new DsmError('usage', `"${text}" is no name: 1 to 48 bytes of letters that can be seen`);
  }
  await engine.exclusive(async () => {
    const { directory } = engine.model;
    const names = [...new Set([...directory.names, name])].toSorted();
    if (names.length > namesMax) {
      throw new DsmError('usage', `a wallet is listed under at most ${namesMax} names`);
    }
    const invitation = current(engine) ?? nextInvitation(engine);
    await keep(engine, { ...directory, ...inboxOf(directory, invitation), names, until: 0 });
  });
  return keepListed(engine);
}

export async function withdrawName(engine: Engine, text: string): Promise<void> {
  const { directory } = engine.model;
  const name = normalName(text);
  if (name === undefined || !directory.names.includes(name)) {
    throw new DsmError('not-found', `this wallet is not listed under "${text}"`);
  }
  const last = directory.names.length === 1;
  // The nodes first: a name that is forgotten here would stay there until it lapses.
  await list(engine, nameTopic(engine.model.device.network, name), name, undefined);
  const ids = last ? idTopics(engine) : [];
  for (const topic of ids) await list(engine, topic, '', undefined);
  await engine.exclusive(async () => {
    const now = engine.model.directory;
    const names = now.names.filter((one) => one !== name);
    await keep(engine, { ...now, names });
  });
}

/** A new invitation in place of the one there is, under all names. */
export async function renewInvitation(engine: Engine): Promise<OwnInvitation> {
  const fresh = await engine.exclusive(async () => {
    const made = freshInvitation(engine, engine.entropy.bytes(64));
    await keep(engine, {
      ...engine.model.directory,
      ...inboxOf(engine.model.directory, made),
      until: 0,
    });
    return made;
  });
  await keepListed(engine);
  return fresh;
}

/** What is to be at the nodes is there afterwards; throws `offline` if too few answer. */
export async function keepListed(engine: Engine): Promise<number> {
  const { model, registries, quorum } = engine;
  const { version } = registries.newest;
  if (model.directory.invitation === undefined) return 0;
  if (current(engine) === undefined) {
    await engine.exclusive(async () => {
      const { directory } = model;
      await keep(engine, {
        ...directory,
        ...inboxOf(directory, nextInvitation(engine)),
        until: 0,
      });
    });
  }
  const said = model.directory;
  if (said.until >= version + listedVersions / 2) return 0;
  const { bytes, address: at } = said.invitation!;
  const own = ownMembership(model);
  const proof = own === undefined ? [] : [membershipObject.encode(own)];
  for (const each of [model.row.card, ...proof, bytes]) {
    const { available } = await quorum.publish(each);
    if (!available) throw new DsmError('offline', 'too few nodes keep the invitation');
  }
  const { network } = model.device;
  const heard: number[] = [];
  for (const name of said.names) heard.push(await list(engine, nameTopic(network, name), name, at));
  const ids = said.names.length > 0 ? idTopics(engine) : [];
  for (const topic of ids) await list(engine, topic, '', at);
  await engine.exclusive(async () => {
    if (model.directory.until === said.until && model.directory.invitation === said.invitation) {
      await keep(engine, { ...model.directory, until: version + listedVersions });
    }
  });
  return Math.min(...heard, Infinity) === Infinity ? 0 : Math.min(...heard);
}

/** Where a device is found without a name. */
function idTopics({ model }: Engine): readonly Uint8Array[] {
  const { network, id } = model.device;
  const { genesis } = model.card.body;
  const ofIdentity = genesis === undefined ? [] : [genesisTopic(network, genesis)];
  return [deviceTopic(network, id), ...ofIdentity];
}

async function list(
  engine: Engine,
  topic: Uint8Array,
  name: string,
  invitation: Uint8Array | undefined,
): Promise<number> {
  const body = listing.encode({ name, invitation });
  const until = engine.registries.newest.version + listedVersions;
  return advertise(engine, workingWriter(engine), { topic, body, until });
}

/** The invitation, if the keys of now have made it and it names the membership of now. */
function current({ model }: Engine): OwnInvitation | undefined {
  const { invitation } = model.directory;
  if (invitation === undefined || !isOfNow(model, invitation)) return undefined;
  const decoded = invitationObject.decode(invitation.bytes);
  const named = decoded.ok ? decoded.value.body.membership : undefined;
  return keyOf(named ?? zero32) === keyOf(membershipAt(model) ?? zero32) ? invitation : undefined;
}

function isOfNow({ card }: Model, { incarnation, generation }: OwnInvitation): boolean {
  return incarnation === card.body.incarnation && generation === card.body.generation;
}

function membershipAt(model: Model): Uint8Array | undefined {
  const own = ownMembership(model);
  return own === undefined ? undefined : address(membershipObject.encode(own));
}

/** With the same key and inbox, if only the device tree has changed. */
function nextInvitation(engine: Engine): OwnInvitation {
  const { invitation } = engine.model.directory;
  const isSame = invitation !== undefined && isOfNow(engine.model, invitation);
  return freshInvitation(engine, isSame ? invitation.seed : engine.entropy.bytes(64));
}

function freshInvitation(engine: Engine, seed: Uint8Array): OwnInvitation {
  const { model, keys, kem } = engine;
  const { suite, network, incarnation, generation } = model.card.body;
  const { publicKey: kemKey } = kem.keyPair(seed);
  const body: InvitationBody = {
    network,
    device: cardDevice(model.card),
    incarnation,
    generation,
    card: address(model.row.card),
    membership: membershipAt(model),
    kemKey,
    laneKey: laneKeyOf(keys, suite, inboxTopic(network, kemKey)),
  };
  const digest = invitationDigest(body);
  const signature = signAs(keys.working(), kinds.invitation, suite, network, digest);
  const bytes = invitationObject.encode({ body, signature });
  return { seed, address: address(bytes), bytes, incarnation, generation };
}

/** Another invitation has another inbox, in which nothing was judged. */
function inboxOf(
  { invitation: before, judged, bad }: DirectoryRow,
  invitation: OwnInvitation,
): Pick<DirectoryRow, 'invitation' | 'judged' | 'bad'> {
  const same = before !== undefined && equal(before.seed, invitation.seed);
  return same ? { invitation, judged, bad } : { invitation, judged: [], bad: 0 };
}

async function keep(engine: Engine, row: DirectoryRow): Promise<void> {
  const change = draft();
  putDirectory(change, engine.model, row);
  await engine.commit(change);
}
