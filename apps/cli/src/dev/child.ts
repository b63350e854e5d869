/**
 * Processes of the demonstration. Each is this very program, started again, and each ends when its
 * standard input does: whatever happens to the parent, nobody stays behind.
 */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const main = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`);

export interface Child {
  /** Writes one line to its standard input. */
  readonly tell: (line: string) => void;
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Ends it as a person would, and waits. */
  readonly end: () => Promise<void>;
  /** Resolves with its exit code; null if a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly pid: number;
}

export interface ChildOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly onOut: (line: string) => void;
  readonly onError: (line: string) => void;
}

/** How long a process may take to leave before it is ended. */
const leaveMs = 3_000;

export function child({ args, cwd, onOut, onError }: ChildOptions): Child {
  const started: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    process.execPath,
    [main, ...args],
    { cwd, env: surroundings(cwd), stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    started.once('error', reject);
    started.once('close', resolve);
  });
  createInterface({ input: started.stdout }).on('line', onOut);
  createInterface({ input: started.stderr }).on('line', onError);
  // A child that is gone cannot be told anything, and its end says so.
  started.stdin.on('error', () => {});
  return {
    tell: (line) => {
      started.stdin.write(`${line}\n`);
    },
    kill: async () => {
      started.kill('SIGKILL');
      await ended;
    },
    end: async () => {
      started.stdin.end();
      const timer = setTimeout(() => started.kill('SIGKILL'), leaveMs);
      await ended;
      clearTimeout(timer);
    },
    ended,
    pid: started.pid ?? 0,
  };
}

/** Settings of whoever started the demonstration must not change it. */
function surroundings(cwd: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('DSM_') && name !== 'INIT_CWD',
  );
  return { ...Object.fromEntries(kept), XDG_CONFIG_HOME: cwd };
}
