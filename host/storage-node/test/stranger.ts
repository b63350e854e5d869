/** A node that strangers meet, in a process of its own, and strangers who speak raw bytes to it. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HttpLimits, ServeOptions } from '../src/http.ts';

/** What the process says of itself. */
export interface Report {
  readonly rssBytes: number;
  readonly objects: number;
  /** Faults of the program that came up. */
  readonly faults: number;
}

export interface Target {
  readonly base: string;
  readonly port: number;
  readonly report: () => Promise<Report>;
  /** Asks it to end; the code with which it does. */
  readonly terminate: () => Promise<number | null>;
}

const fixture = fileURLToPath(new URL('./fixtures/serve-strangers.ts', import.meta.url));

/** Serves for the time of `body`; the process must be alive and well after it. */
export async function against(
  limits: Partial<HttpLimits>,
  body: (target: Target) => Promise<void>,
  options: Partial<Pick<ServeOptions, 'certificate'>> = {},
): Promise<void> {
  const execArgv = [...process.execArgv.filter((arg) => !arg.startsWith('--test')), '--expose-gc'];
  const child = fork(fixture, [JSON.stringify({ ...options, limits })], { execArgv });
  try {
    const [base] = (await once(child, 'message')) as [string];
    const report = (): Promise<Report> => reportOf(child);
    const terminate = async (): Promise<number | null> => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await gone) as [number | null];
      return code;
    };
    await body({ base, port: Number(new URL(base).port), report, terminate });
    if (child.exitCode === null && (await report()).faults > 0) throw new Error('a fault came up');
  } finally {
    child.kill('SIGKILL');
  }
}

async function reportOf(child: ChildProcess): Promise<Report> {
  const said = once(child, 'message');
  child.send('report');
  const [report] = (await said) as [Report];
  return report;
}

export interface Stranger {
  readonly socket: Socket;
  /** All that was heard so far. */
  readonly heard: () => string;
  /** Resolves with all that was heard once the connection has ended. */
  readonly ended: Promise<string>;
}

/** Connects and says `text`, byte by byte as it is given. */
export function stranger(port: number, text: string | Uint8Array, from = '127.0.0.1'): Stranger {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  const parts: Buffer[] = [];
  const heard = (): string => Buffer.concat(parts).toString('latin1');
  socket.on('data', (part: Buffer) => parts.push(part));
  // A reset ends the connection as well as a farewell does.
  socket.on('error', () => {});
  socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  const ended = new Promise<string>((resolve) => void socket.once('close', () => resolve(heard())));
  return { socket, heard, ended };
}

/** The statuses in what was heard, in order. */
export function statuses(heard: string): readonly number[] {
  return [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
