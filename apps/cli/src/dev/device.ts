/** A wallet of the demonstration: a process of its own, told command lines, with its own folder. */

import { DsmError, errorCodes, type ErrorCode } from '@dsm/wallet';
import { child, type Child } from './child.ts';

export interface Device {
  readonly name: string;
  readonly home: string;
  /** Runs a command line, split at its spaces, with more words, and waits for its end. */
  readonly run: <T = unknown>(line: string, ...more: readonly string[]) => Promise<Outcome<T>>;
  /** Runs a command line that must succeed, and answers with its document. */
  readonly good: <T = unknown>(line: string, ...more: readonly string[]) => Promise<T>;
  /** Begins a command line that goes on and prints one document for each line. */
  readonly begin: (line: string) => Running;
  /** Switches the device off. */
  readonly off: () => Promise<void>;
}

export interface Outcome<T> {
  readonly exit: number;
  /** The last document on standard output. */
  readonly value: T | undefined;
  /** The lines on standard error: what a person would have read meanwhile. */
  readonly said: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export interface Running {
  /** The next document with this `event`. */
  readonly event: <T>(name: string) => Promise<T>;
  readonly ended: Promise<Outcome<unknown>>;
}

interface Job {
  out: string;
  error: string;
  readonly onOut: () => void;
  readonly done: (exit: number) => void;
}

/** Where devices run, and until when; afterwards none starts again. */
export interface Stage {
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** A device whose folder is `home`. Its process starts with the first command. */
export function device(name: string, home: string, { cwd, signal }: Stage): Device {
  let process: Child | undefined;
  let job: Job | undefined;
  /** The last words of the process: why it ended, if it did so by itself. */
  let words = '';
  const gone = (): void => {
    process = undefined;
    if (job === undefined) return;
    job.error ||= words;
    job.done(-1);
  };
  const started = (): Child => {
    if (process !== undefined) return process;
    signal.throwIfAborted();
    const args = ['__shell', '--home', home];
    const lastWords = (line: string): void => {
      words = `${words}${line}\n`.slice(-500);
    };
    const heard = (line: string): void => {
      if (job !== undefined) take(job, line);
    };
    process = child({ args, cwd, onOut: heard, onError: lastWords });
    process.ended.then(gone, gone);
    return process;
  };
  const start = (
    args: readonly string[],
    onOut: (text: string) => void,
  ): Promise<Outcome<unknown>> => {
    if (job !== undefined) throw new RangeError(`${name} is busy`);
    return new Promise((resolve) => {
      const now: Job = {
        out: '',
        error: '',
        onOut: () => onOut(now.out),
        done: (exit) => {
          job = undefined;
          resolve(outcomeOf(exit, now));
        },
      };
      job = now;
      const flags = ['--json', '--yes', '--no-input', '--quiet', '--home', home];
      started().tell(JSON.stringify([...args, ...flags]));
    });
  };
  const run = async <T>(line: string, ...more: readonly string[]): Promise<Outcome<T>> =>
    (await start([...line.split(' '), ...more], () => {})) as Outcome<T>;
  return {
    name,
    home,
    run,
    good: async <T>(line: string, ...more: readonly string[]) => {
      const { exit, value, error } = await run<T>(line, ...more);
      if (exit === 0 && value !== undefined) return value;
      throw failed(name, line, exit, error);
    },
    begin: (line) => running(name, line, start),
    off: async () => {
      await process?.end();
    },
  };
}

type Start = (args: readonly string[], onOut: (text: string) => void) => Promise<Outcome<unknown>>;

function running(name: string, line: string, start: Start): Running {
  let documents: readonly { readonly event?: string }[] = [];
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const one of all) one();
  };
  let end: Outcome<unknown> | undefined;
  const ended = start(line.split(' '), (text) => {
    documents = linesOf(text).map((one) => JSON.parse(one) as { event?: string });
    wake();
  }).then((outcome) => {
    end = outcome;
    wake();
    return outcome;
  });
  const event = async <T>(wanted: string): Promise<T> => {
    for (;;) {
      const found = documents.find((one) => one.event === wanted);
      if (found !== undefined) return found as T;
      if (end !== undefined) throw failed(name, line, end.exit, end.error);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    }
  };
  return { event, ended };
}

function take(job: Job, line: string): void {
  const message = JSON.parse(line) as { stdout?: string; stderr?: string; exit?: number };
  if (message.stderr !== undefined) job.error += message.stderr;
  if (message.stdout !== undefined) {
    job.out += message.stdout;
    job.onOut();
  }
  if (message.exit !== undefined) job.done(message.exit);
}

function outcomeOf(exit: number, { out, error }: Job): Outcome<unknown> {
  const failure = exit === 0 ? undefined : errorOf(error);
  return { exit, value: lastDocument(out), said: linesOf(error), error: failure };
}

/** One document over several lines, or one on each line. */
function lastDocument(out: string): unknown {
  return parsed(out) ?? parsed(linesOf(out).at(-1) ?? '');
}

function errorOf(text: string): Outcome<unknown>['error'] {
  const document = parsed(linesOf(text).at(-1) ?? '') as Outcome<unknown> | undefined;
  return document?.error ?? (text === '' ? undefined : { code: 'bug', message: text.trim() });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').slice(0, -1);
}

function failed(name: string, line: string, exit: number, error: Outcome<unknown>['error']): Error {
  const what = error?.message ?? 'without a word';
  const sentence = `${name}: dsm ${line} ended with ${exit}: ${what}`;
  const isKnown = error !== undefined && error.code in errorCodes;
  return isKnown ? new DsmError(error.code as ErrorCode, sentence) : new Error(sentence);
}
