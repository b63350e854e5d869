/**
 * A whole talk with a wallet: an input is what a peer says, message after message, each in a frame.
 *
 * The wallet begins anew with every input, with keys that are always the same, and it starts from
 * what a real payer said to it once. It may refuse in its own words; it never falls over, never says
 * what is no message, never has more than it was paid, and opens again from what it kept.
 */

import { deframer, firstRegistry, framedTogether } from '@dsm/availability';
import { message } from '@dsm/bilateral';
import {
  fixedClock,
  memoryEngine,
  memoryPlace,
  memoryStore,
  memoryTransport,
  seededEntropy,
  type MemoryPlace,
} from '@dsm/memory';
import { TransportError, type Connection } from '@dsm/ports';
import { limits, type Coder, type Registry } from '@dsm/primitive';
import { secretsInMemory, storageNode } from '@dsm/storage-node';
import { createWallet, DsmError, networkId, type Network, type Wallet } from '@dsm/wallet';
import { idealAead, idealKem } from '../world/ideal.ts';
import { random } from '../world/random.ts';
import { target } from './core-targets.ts';
import { Broken, type Target } from './target.ts';

const paid = 3n;
const tokenName = 'ERA';

interface Scene {
  readonly network: Network;
  /** The payee, before the payer came. */
  readonly payee: MemoryPlace;
  readonly said: readonly Uint8Array[];
}

let opened: Promise<Scene> | undefined;

function sceneOf(): Promise<Scene> {
  opened ??= openScene();
  return opened;
}

/** The payer's words are made only where they are needed: making them takes a whole small world. */
export async function talkTargets(hasCorpus: boolean): Promise<readonly Target[]> {
  const samples = hasCorpus ? [] : [framedTogether((await sceneOf()).said)];
  const words = [Uint8Array.of(0, 0, 0, 3, 1, 5, 15)];
  return [
    target('wallet/session.answer', oneTalk, { samples, words, layout: talkLayout, cost: 400 }),
  ];
}

/** Only read, to aim mutations at the fields of what is said. */
const talkLayout: Coder<unknown> = {
  write: () => {
    throw new RangeError('a talk is not written as a whole');
  },
  read: (from) => {
    while (from.left() > 0 && !from.bad()) {
      from.u32();
      message.read(from);
    }
    return undefined;
  },
};

async function networkOf(): Promise<Network> {
  const name = 'fuzz';
  const network = networkId(name);
  let registry: Registry | undefined;
  const nodes = await Promise.all(
    [1, 2, 3, 4].map((seed) =>
      storageNode({
        engine: memoryEngine(),
        registry: () => registry,
        network,
        suite: 1,
        secrets: secretsInMemory(new Uint8Array(32).fill(seed)),
        capacityBytes: 1 << 28,
      }),
    ),
  );
  registry = firstRegistry({ network, nodes: nodes.map(({ card }) => card), groupsMax: 1 })!;
  return { name, registry, nodes };
}

function walletIn(network: Network, place: MemoryPlace, name: string): Promise<Wallet> {
  return createWallet({
    name,
    network,
    store: memoryStore({ place }),
    entropy: seededEntropy(name),
    clock: fixedClock(1_000),
    kem: idealKem(random(1, name)),
    aead: idealAead,
  });
}

function copyOf({ rows }: MemoryPlace): MemoryPlace {
  return { rows: new Map(rows), held: false };
}

/** Maya has issued a token; the payee has adopted it, and then she pays it once. */
async function openScene(): Promise<Scene> {
  const network = await networkOf();
  const [place, payee] = [memoryPlace(), memoryPlace()];
  const maya = await walletIn(network, place, 'Maya');
  const { id } = await maya.issue({ ticker: tokenName, cap: 1_000n });
  await maya.mint(tokenName, 100n);
  await maya.load(tokenName, 63n);
  const cafe = await walletIn(network, payee, 'Cafe');
  await cafe.adopt(id);
  await cafe.setOfflineLimit(tokenName, 100n);
  await cafe.close();
  const before = copyOf(payee);
  const said: Uint8Array[] = [];
  const again = await walletIn(network, payee, 'Cafe');
  const transport = memoryTransport();
  const listener = await transport.listen('here');
  const line = await transport.connect('here');
  const { value } = (await listener.connections[Symbol.asyncIterator]().next()) as {
    value: Connection;
  };
  const over = again.answer(value);
  const send = async (bytes: Uint8Array): Promise<void> => {
    said.push(bytes.slice());
    await line.send(bytes);
  };
  const relationship = await maya.meet({ ...line, send });
  await relationship.pay({ token: id, amount: paid, over: 'offline' });
  await relationship.close();
  await over;
  await Promise.all([maya.close(), again.close()]);
  return { network, payee: before, said };
}

async function oneTalk(bytes: Uint8Array): Promise<boolean> {
  const { network, payee } = await sceneOf();
  const place = copyOf(payee);
  const wallet = await walletIn(network, place, 'Cafe');
  const ended = await talkedWith(wallet, bytes);
  const has = await wallet.balance(tokenName);
  if (has > paid) throw new Broken('rule', `${has} is had, and ${paid} were ever paid`);
  await wallet.close();
  const again = await walletIn(network, place, 'Cafe');
  const kept = await again.balance(tokenName);
  await again.close();
  if (kept !== has) throw new Broken('rule', `${has} is had, and ${kept} after opening again`);
  return ended;
}

/** Whether the wallet took the talk for one. */
async function talkedWith(wallet: Wallet, bytes: Uint8Array): Promise<boolean> {
  const { frames } = deframer(limits.messageBytesMax, (frame) => frame.slice()).push(bytes);
  const waiting = [...frames];
  const connection: Connection = {
    address: 'a stranger',
    send: async (said) => {
      if (!message.decode(said).ok) throw new Broken('rule', 'the wallet says what is no message');
    },
    receive: async () => waiting.shift(),
    close: async () => {},
  };
  try {
    await wallet.answer(connection);
    return true;
  } catch (error) {
    if (error instanceof DsmError || error instanceof TransportError) return false;
    throw error;
  }
}
