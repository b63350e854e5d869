/** The five storage nodes of the demonstration, each a process with its own folder and port. */

import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DsmError } from '@dsm/wallet';
import { parseNetwork, writeNetwork, type NetworkFile } from '../network-file.ts';
import { newNetwork } from '../network-new.ts';
import { nodeCard } from '../node-home.ts';
import { capacityOf } from '../node-run.ts';
import { exists } from '../session.ts';
import { child, type Child } from './child.ts';

const capacity = '1GB';

export interface Cluster {
  readonly network: NetworkFile;
  readonly networkPath: string;
  readonly start: () => Promise<void>;
  /** All at once, as a power cut would. */
  readonly kill: () => Promise<void>;
  readonly end: () => Promise<void>;
}

export const nodeCount = 5;
/** A node of an earlier start may still be leaving. */
const attemptsMax = 20;
const pauseMs = 250;

/** The nodes under `home`, made at the first start and found again at every later one. */
export async function cluster(home: string): Promise<Cluster> {
  const networkPath = join(home, 'network.json');
  await mkdir(home, { recursive: true });
  const network = await settled(home, networkPath);
  let children: readonly Child[] = [];
  return {
    network,
    networkPath,
    start: async () => {
      const starting = network.nodes.map((url, index) =>
        startNode({ data: folderOf(home, index), url, networkPath, cwd: home }),
      );
      const results = await Promise.allSettled(starting);
      children = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const failed = results.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    kill: async () => {
      await Promise.all(children.map((one) => one.kill()));
      children = [];
    },
    end: async () => {
      await Promise.all(children.map((one) => one.end()));
      children = [];
    },
  };
}

/** The registry stays for ever; a port that somebody has taken meanwhile is replaced in the file. */
async function settled(home: string, path: string): Promise<NetworkFile> {
  const known = (await exists(path)) ? parseNetwork(await readFile(path, 'utf8'), path) : undefined;
  if (known !== undefined) {
    const nodes = await usable(known.nodes);
    const network = { ...known, nodes };
    if (nodes.some((url, index) => url !== known.nodes[index])) await writeNetwork(path, network);
    return network;
  }
  const ports = await freePorts(nodeCount);
  const cards = await Promise.all(
    ports.map((port, index) => nodeCard(folderOf(home, index), urlOf(port), capacityOf(capacity))),
  );
  const network = newNetwork('dev', cards);
  const nodes = ports.map(urlOf);
  await writeNetwork(path, { ...network, nodes });
  return { ...network, nodes };
}

interface NodeStart {
  readonly data: string;
  readonly url: string;
  readonly networkPath: string;
  readonly cwd: string;
}

async function startNode(options: NodeStart): Promise<Child> {
  for (let attempt = 1; ; attempt++) {
    const { process, said } = await attempted(options);
    if (process !== undefined) return process;
    if (attempt === attemptsMax) {
      throw new DsmError('busy', `the node at ${options.url} does not start: ${said}`);
    }
    await sleep(pauseMs);
  }
}

/** One attempt: a process that answers, or what it said before it ended. */
function attempted({
  data,
  url,
  networkPath,
  cwd,
}: NodeStart): Promise<{ process: Child | undefined; said: string }> {
  const listen = new URL(url).host;
  return new Promise((resolve, reject) => {
    let said = '';
    const started = child({
      args: [
        ...`node run --listen ${listen} --capacity ${capacity} --with-parent --json --data`.split(
          ' ',
        ),
        data,
        '--registry',
        networkPath,
      ],
      cwd,
      onOut: () => {},
      onError: (line) => {
        said = line;
        appendFileSync(`${data}.log`, `${line}\n`);
        if (line.includes('"event":"listening"')) resolve({ process: started, said });
      },
    });
    started.ended.then(() => resolve({ process: undefined, said }), reject);
  });
}

function folderOf(home: string, index: number): string {
  return join(home, `node-${index}`);
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The same ports where they are free, after a moment for those who are leaving. */
async function usable(urls: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const url of urls) {
    let isFree = false;
    for (let attempt = 0; attempt < attemptsMax && !isFree; attempt++) {
      isFree = await canListen(Number(new URL(url).port));
      if (!isFree) await sleep(pauseMs);
    }
    found.push(isFree ? url : urlOf((await freePorts(1))[0]!));
  }
  return found;
}

async function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Free ports that differ. They lie below those that systems give to connections going out: one of these,
 * found free here, may be taken by any connection before the node listens.
 */
async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(10_000, 32_000);
    if (!found.has(port) && (await canListen(port))) found.add(port);
  }
  return [...found];
}
