/**
 * Exchanges: what an object costs a node as a request of its own, and among others in one exchange.
 *
 * A node in a process of its own keeps objects of 1 KiB in memory, so that what differs is HTTP. The
 * ways take turns of a second, 32 calls in flight; the first round warms up. Processor time is that of the node's process.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { nameOf, usualTerms } from '@dsm/availability';
import { httpNode, installNative } from '@dsm/node';
import { address as addressOf } from '@dsm/primitive';
import { spread, type Report } from './report.ts';

export const question = 'What does an object cost a node alone, and what in an exchange?';

const objectBytes = 1_024;
const inFlight = 32;
const batch = 100;
const turnMs = 1_000;
const rounds = 6;

interface Way {
  readonly name: string;
  /** Puts some objects and says how many. */
  readonly once: () => Promise<number>;
}

interface Figure {
  readonly cpuMicros: number;
  readonly perSecond: number;
}

export async function run(report: Report): Promise<void> {
  installNative();
  const child = fork(fileURLToPath(new URL('exchange-node.ts', import.meta.url)));
  const [origin] = (await once(child, 'message')) as [string];
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const one = httpNode(origin);
  const two = httpNode(origin, { http2: true });
  try {
    const ways: readonly Way[] = [
      { name: 'a PUT each', once: () => putAlone(origin, agent) },
      ...[['HTTP/1.1', one] as const, ['HTTP/2', two] as const].flatMap(([name, node]) => [
        {
          name: `calls one by one, ${name}`,
          once: async () => (await node.putObject(object()), 1),
        },
        {
          name: `${batch} asked together, ${name}`,
          once: async () => {
            const puts = Array.from({ length: batch }, () => object());
            await node.ask(puts.map((bytes) => ({ type: 'put', terms: usualTerms, bytes })));
            return batch;
          },
        },
      ]),
    ];
    tell(report, ways, await measured(child, ways));
  } finally {
    one.close();
    two.close();
    agent.destroy();
    child.disconnect();
  }
}

async function measured(
  child: ChildProcess,
  ways: readonly Way[],
): Promise<ReadonlyMap<Way, readonly Figure[]>> {
  const figures = new Map<Way, Figure[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      const figure = await turn(child, way);
      if (round > 0) figures.get(way)!.push(figure);
    }
  }
  return figures;
}

async function turn(child: ChildProcess, { once: work }: Way): Promise<Figure> {
  const before = await cpuOf(child);
  const begun = performance.now();
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - begun < turnMs) {
      const done = await work();
      count += done;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - begun) / 1_000;
  return { cpuMicros: ((await cpuOf(child)) - before) / count, perSecond: count / seconds };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const said = once(child, 'message');
  child.send('cpu');
  const [micros] = (await said) as [number];
  return micros;
}

function tell(
  report: Report,
  ways: readonly Way[],
  figures: ReadonlyMap<Way, readonly Figure[]>,
): void {
  const medianOf = (way: Way, what: keyof Figure): number =>
    spread(figures.get(way)!.map((figure) => figure[what])).median;
  const alone = medianOf(ways[0]!, 'cpuMicros');
  for (const way of ways) {
    const cpu = medianOf(way, 'cpuMicros');
    report({
      bench: 'exchange',
      what: way.name,
      'µs of the node for an object': Math.round(cpu * 10) / 10,
      'times less': Math.round((alone / cpu) * 10) / 10,
      'objects a second': Math.round(medianOf(way, 'perSecond')),
    });
  }
}

function object(): Uint8Array {
  return Uint8Array.from(randomBytes(objectBytes));
}

function putAlone(origin: string, agent: Agent): Promise<number> {
  const bytes = object();
  const url = `${origin}/v1/objects/${nameOf(addressOf(bytes))}`;
  return new Promise((resolve, reject) => {
    const put = request(url, { method: 'PUT', agent, headers: { 'content-length': bytes.length } });
    put.on('error', reject);
    put.on('response', (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 201) resolve(1);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    put.end(bytes);
  });
}
