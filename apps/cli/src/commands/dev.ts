/** `dsm dev`: a network of processes on this machine, and the whole story told with it. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDirectory, type DirectoryLock } from '@dsm/node';
import { StoreError } from '@dsm/ports';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { cast, type Cast } from '../dev/cast.ts';
import { cluster, type Cluster } from '../dev/cluster.ts';
import { edge } from '../dev/edge.ts';
import { funding } from '../dev/funding.ts';
import { settling } from '../dev/settling.ts';
import { caught, copiedWallet, doubleSpend, offline, online } from '../dev/story.ts';
import { teller, type Teller } from '../dev/teller.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { exists, keyPath } from '../session.ts';

export const dev: CommandSpec = {
  name: 'dev',
  summary: 'show everything on this machine: five nodes, four wallets, a cheat',
  details:
    'Every node and every wallet is a process of its own under ./.dsm/dev (or --home). Each start\n' +
    'makes new wallets and keeps the nodes. It stays up until Ctrl-C, and exits with 0 then.\n' +
    'With --json it prints one event for each line.',
  options: [
    { form: '--fresh', meaning: 'start over, with new nodes, too' },
    { form: '--once', meaning: 'leave when the story is told' },
  ],
  example: 'dsm dev',
  output: { type: 'object', properties: { event: s.text }, required: ['event'] },
  run: async (context, input) => {
    // DSM_HOME names somebody's wallet, and is not meant here.
    const home = context.homeFlag ?? located(join('.dsm', 'dev'), context.cli.cwd);
    if (await exists(keyPath(home))) {
      throw new DsmError('exists', `there is a wallet in ${home}: take a folder of its own`);
    }
    await mkdir(home, { recursive: true });
    const lock = await owned(home);
    try {
      if (input.isSet('fresh')) await startOver(home);
      await show(context, home, input.isSet('once'));
    } finally {
      await lock.release();
    }
    return 0;
  },
};

async function show(context: Context, home: string, once: boolean): Promise<void> {
  const { signal } = context.cli;
  const voice = teller(context);
  const nodes = await cluster(home);
  const leave = new AbortController();
  const players = await cast(home, leave.signal);
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { signal: leave.signal });
  });
  try {
    await Promise.race([told(players, nodes, voice, signal), interrupted]);
    if (once || signal.aborted) return;
    farewell(players, nodes, voice);
    await interrupted;
  } finally {
    leave.abort();
    await Promise.all([...players.all.map((one) => one.off()), nodes.end()]);
  }
}

/** The whole story. After an interruption the next chapter does not begin. */
async function told(
  players: Cast,
  nodes: Cluster,
  voice: Teller,
  signal: AbortSignal,
): Promise<void> {
  const chapters: readonly (() => Promise<void>)[] = [
    () => nodes.start(),
    () => funding(players, nodes, voice),
    () => offline(players, nodes, voice),
    () => online(players, nodes, voice),
    () => edge(players, nodes, voice),
    () => copiedWallet(players, voice),
    () => doubleSpend(players, voice),
    () => caught(players, voice),
    () => settling(players, voice),
  ];
  for (const chapter of chapters) {
    if (signal.aborted) return;
    await chapter();
  }
}

function farewell({ maya, cafe, bazaar, all }: Cast, nodes: Cluster, { tell }: Teller): void {
  const program = 'npm run -s dsm --';
  const lines = [
    `${program} --home ${cafe.home}`,
    `${program} alarm ls --home ${cafe.home}`,
    `${program} history --home ${maya.home}`,
    `${program} chain verify --home ${cafe.home}`,
    `${program} edge show Café ERA --home ${maya.home}`,
    `${program} edge fund Bazaar 10 ERA --home ${cafe.home}`,
    `${program} sync --home ${bazaar.home}`,
    `${program} meet --listen 127.0.0.1:4700 --home ${bazaar.home}   # in a third terminal`,
    `${program} stream send Bazaar ERA --to 127.0.0.1:4700 --amount 0.01 --count 300 --home ${cafe.home}`,
    `${program} node status ${nodes.network.nodes[0]}`,
  ];
  tell(
    'ready',
    { network: nodes.networkPath, wallets: all.map(({ name, home }) => ({ name, home })) },
    `The nodes stay up until Ctrl-C. Try in another terminal:\n\n     ${lines.join('\n     ')}\n`,
  );
}

/** One demonstration in a folder at a time; one that is just leaving is waited for. */
async function owned(home: string): Promise<DirectoryLock> {
  const attemptsMax = 20;
  for (let attempt = 1; ; attempt++) {
    try {
      return await lockDirectory(home);
    } catch (error) {
      const isBusy = error instanceof StoreError && error.code === 'busy';
      if (!isBusy || attempt === attemptsMax) throw error;
      await sleep(100);
    }
  }
}

/** The lock stays: it is held by this very process. */
async function startOver(home: string): Promise<void> {
  const places = ['runs', 'network.json', ...[0, 1, 2, 3, 4].map((index) => `node-${index}`)];
  for (const place of places) {
    const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };
    await rm(join(home, place), options);
  }
}
