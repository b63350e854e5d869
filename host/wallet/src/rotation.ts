/**
 * Rotation: a working key and a KEM key take the place of others from the next step on.
 *
 * The new card says after which step its key signs, and names that step. It is signed by the root key and
 * durable in one commit, so there is no moment at which two keys are in force: before the commit nothing has
 * happened, after it the new key signs. Peers learn the card in a talk, or from the slot of its generation, where
 * it is put by this very call or by a later sync.
 */

import { genesisId, type Genesis } from '@dsm/identity';
import {
  address,
  card as cardObject,
  cardDigest,
  cardStatement,
  equal,
  generationPlace,
  keyOf,
  kinds,
  type Card,
} from '@dsm/primitive';
import { cardBindingOf } from './binding-view.ts';
import { cardsOf, putFormerCard } from './cards.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import { draft, putWallet } from './model.ts';
import { checkReady, type Runtime } from './runtime.ts';
import { signOpenRuns } from './trading.ts';
import { putTree } from './tree-keeping.ts';
import { newTree } from './tree-rows.ts';

/** Make new keys, put them in force, and tell whoever can be reached. Throws `needs-words` without the root key. */
export async function rotate(runtime: Runtime, genesis?: Genesis): Promise<void> {
  const { engine, sessions } = runtime;
  await engine.exclusive(async () => {
    checkReady(runtime);
    await signOpenRuns(engine);
    await putNextKeys(runtime, genesis);
  });
  const { card } = engine.model.row;
  for (const session of sessions.values()) await session.tell({ type: 'card', card });
  await announceKeys(engine);
}

/** With a genesis the new card names that identity. */
async function putNextKeys(
  { engine, keysOf, renewKeys }: Runtime,
  genesis: Genesis | undefined,
): Promise<void> {
  const { model, custody } = engine;
  if (!custody.unlocked()) {
    throw new DsmError(
      'needs-words',
      'new keys are certified by the root key, which only the 24 words lead to',
    );
  }
  const { card, device, row } = model;
  const generation = card.body.generation + 1;
  const { incarnation, birth } = row;
  const keys = keysOf(incarnation, birth, generation);
  const body = {
    ...card.body,
    generation,
    since: device.seq,
    previous: device.previous,
    workingKey: keys.working().publicKey,
    kemKey: keys.kem().publicKey,
    binding: cardBindingOf(engine.binding),
    genesis: genesis === undefined ? card.body.genesis : genesisId(genesis),
  };
  const { suite, network } = body;
  const digest = cardStatement(body);
  const signature = signAs(keys.root(), kinds.incarnation, suite, network, digest);
  const next: Card = { body, signature, succession: card.succession };
  const to = draft();
  putFormerCard(to, model, card);
  custody.keep(to, { device: device.id, incarnation }, [
    ...custody.kept(),
    { incarnation, birth, generation },
  ]);
  if (genesis !== undefined) putTree(to, model, newTree(genesis));
  putWallet(to, model, { ...row, card: cardObject.encode(next) });
  to.after(() => {
    model.card = next;
    renewKeys();
  });
  await engine.commit(to);
}

/** Cards whose slots were seen to be certified, by their digests. What a process forgets it asks again. */
const announced = new WeakMap<Engine['model'], Set<string>>();

/** Put the cards of later generations into their slots, oldest first. True if all of them are there. */
export async function announceKeys(engine: Engine): Promise<boolean> {
  const { model } = engine;
  const done = announced.get(model) ?? new Set<string>();
  announced.set(model, done);
  const { incarnation, id } = model.device;
  for (const card of cardsOf(engine, id)) {
    const { body } = card;
    const name = keyOf(cardDigest(body));
    if (body.incarnation !== incarnation || body.generation === 0 || done.has(name)) continue;
    if (!(await announce(engine, card))) return false;
    done.add(name);
  }
  return true;
}

async function announce({ quorum }: Engine, card: Card): Promise<boolean> {
  const { body, signature } = card;
  const place = generationPlace(body);
  const value = cardDigest(body);
  const reading = await quorum.readSlot(place);
  if (reading.type === 'voted' && reading.certificate !== undefined) {
    return equal(reading.certificate.value, value);
  }
  const bytes = cardObject.encode(card);
  if (!(await quorum.publish(bytes)).available) return false;
  const outcome = await quorum.writeSlot({
    place,
    value,
    authorisation: {
      suite: body.suite,
      publicKey: body.rootKey,
      body: value,
      path: [],
      signature,
      backing: undefined,
    },
    hint: address(bytes),
    certificate: undefined,
  });
  return outcome.type === 'certified';
}
