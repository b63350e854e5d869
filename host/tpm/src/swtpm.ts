/** @dsm/tpm/swtpm: a real TPM 2.0 in software, for tests: started, stopped, started again as it was. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A reason to skip, or false: Debian's packages tpm2-tools, swtpm and swtpm-tools. */
export const withoutSwtpm: string | false = ['swtpm', 'tpm2_create'].some(
  (tool) => spawnSync(tool, ['--version']).error !== undefined,
)
  ? 'needs swtpm and tpm2-tools (Debian packages of these names)'
  : false;

export interface Swtpm {
  readonly tcti: string;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Throws the chip away. */
  readonly scrap: () => Promise<void>;
}

/** A new chip: its seeds are drawn when it first starts. */
export async function startSwtpm(): Promise<Swtpm> {
  const folder = await mkdtemp(join(tmpdir(), 'dsm-swtpm-'));
  const socket = join(folder, 's');
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const state = ['--tpmstate', `dir=${folder}`];
    const server = ['--server', `type=unixio,path=${socket}`];
    const control = ['--ctrl', `type=unixio,path=${socket}.ctrl`];
    const flags = ['--flags', 'not-need-init,startup-clear'];
    const args = ['socket', '--tpm2', ...state, ...server, ...control, ...flags];
    child = spawn('swtpm', args, { stdio: 'ignore' });
    for (let tries = 0; tries < 200 && !existsSync(`${socket}.ctrl`); tries++) await pause(10);
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill();
    await ended;
  };
  const scrap = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true });
  };
  await start();
  return { tcti: `swtpm:path=${socket}`, start, stop, scrap };
}
