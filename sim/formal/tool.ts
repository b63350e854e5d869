/**
 * Programs from elsewhere: run to the end, with their output as text. What is not installed is no
 * finding and no success: whoever needs it ends with code 3 and says so.
 */

import { spawn } from 'node:child_process';

/** Something that this check needs is not on this machine. */
export class Missing extends Error {}

export interface Ended {
  readonly code: number;
  readonly output: string;
}

export function run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', () => {
      reject(new Missing(`${program} is not installed`));
    });
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
