/** Surroundings for one command line: a folder of its own, and everything that it says. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { run } from '../src/program.ts';

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly folder: string;
  /** `input`: lines of the standard input, if there is one. */
  readonly dsm: (
    line: string,
    env?: Readonly<Record<string, string>>,
    input?: readonly string[],
  ) => Promise<Said>;
  /** A command line that goes on; its events, one JSON document on each line. */
  readonly begin: (line: string) => Ongoing;
}

export interface Ongoing {
  /** The first document with this `event`. */
  readonly event: (name: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly ended: Promise<Said>;
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder in which command lines run as if nobody had ever used the program. */
export function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-cli-'));
  folders.push(folder);
  const dsm = async (
    line: string,
    env: Readonly<Record<string, string>> = {},
    heard: (text: string) => void = () => {},
    input?: readonly string[],
  ): Promise<Said> => {
    let [stdout, stderr] = ['', ''];
    const exit = await run(line === '' ? [] : line.split(' '), {
      env: { HOME: folder, ...env },
      cwd: folder,
      stdout: (text) => {
        stdout += text;
        heard(text);
      },
      stderr: (text) => {
        stderr += text;
      },
      canAsk: false,
      hasColour: false,
      signal: new AbortController().signal,
      ...(input !== undefined && { lines: () => Readable.from(input) }),
    });
    return { exit, stdout, stderr };
  };
  return {
    folder,
    dsm: (line, env, input) => dsm(line, env, undefined, input),
    begin: (line) => begun(line, dsm),
  };
}

type Dsm = (
  line: string,
  env: Readonly<Record<string, string>>,
  heard: (text: string) => void,
) => Promise<Said>;

function begun(line: string, dsm: Dsm): Ongoing {
  const events = new Map<string, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  const named = (name: string): PromiseWithResolvers<Readonly<Record<string, unknown>>> => {
    const known = events.get(name) ?? Promise.withResolvers();
    events.set(name, known);
    return known;
  };
  const ended = dsm(`${line} --json`, {}, (text) => {
    const document = JSON.parse(text) as Readonly<Record<string, unknown>>;
    named(String(document['event'])).resolve(document);
  });
  const event = async (name: string): Promise<Readonly<Record<string, unknown>>> => {
    const over = ended.then((said): never => {
      throw new Error(`no ${name}: ${said.stdout}${said.stderr}`);
    });
    return Promise.race([named(name).promise, over]);
  };
  return { event, ended };
}

/** A place with the file `network.json` of four nodes, none of which runs. */
export async function placeWithNetwork(): Promise<Place> {
  const here = place();
  for (const n of [1, 2, 3, 4]) await here.dsm(`node card --data node-${n}`);
  const cards = [1, 2, 3, 4].map((n) => `node-${n}/card.json`).join(' ');
  await here.dsm(`network create village network.json ${cards}`);
  return here;
}
