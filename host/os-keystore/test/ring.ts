/**
 * A key ring of its own for tests: D-Bus and GNOME Keyring, in a home folder that is thrown away. The
 * library asks the environment of this process where the bus is, so that is set, too.
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A reason to skip, or false. */
export const withoutRing: string | false = ['dbus-daemon', 'gnome-keyring-daemon'].some(
  (tool) => spawnSync(tool, ['--version']).error !== undefined,
)
  ? 'needs D-Bus and GNOME Keyring (Debian packages dbus-daemon and gnome-keyring)'
  : false;

export interface Ring {
  readonly env: NodeJS.ProcessEnv;
  /** The keeper of the ring ends, as at a log-out; the ring's file stays. */
  readonly logOut: () => Promise<void>;
  readonly logIn: (password: string) => Promise<void>;
  readonly scrap: () => Promise<void>;
}

/** A bus that starts nothing by itself: no second keeper answers while the first one opens the ring. */
const busConfiguration = (path: string): string => `<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${path}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>`;

const tries = 500;

async function eventually(isThere: () => Promise<boolean>, what: string): Promise<void> {
  for (let n = 0; n < tries; n++) {
    if (await isThere()) return;
    await pause(20);
  }
  throw new Error(`${what} did not start`);
}

/** `answers` says whether the ring can be reached, as the driver sees it. */
export async function startRing(password: string, answers: () => Promise<boolean>): Promise<Ring> {
  const home = await mkdtemp(join(tmpdir(), 'dsm-ring-'));
  const path = join(home, 'bus');
  await writeFile(join(home, 'bus.conf'), busConfiguration(path));
  const daemon = [`--config-file=${join(home, 'bus.conf')}`, '--nofork'];
  const bus = spawn('dbus-daemon', daemon, { stdio: 'ignore' });
  await eventually(async () => existsSync(path), 'the bus');
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: home,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}`,
  };
  process.env['DBUS_SESSION_BUS_ADDRESS'] = env.DBUS_SESSION_BUS_ADDRESS;
  let keeper: ChildProcess | undefined;
  const logIn = async (word: string): Promise<void> => {
    const args = ['--foreground', '--unlock', '--components=secrets'];
    keeper = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    keeper.stdin?.end(word);
    await eventually(answers, 'the ring');
  };
  const ended = async (child: ChildProcess | undefined): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill();
    await exit;
  };
  const logOut = async (): Promise<void> => {
    await ended(keeper);
    keeper = undefined;
  };
  await logIn(password);
  return {
    env,
    logIn,
    logOut,
    scrap: async () => {
      await logOut();
      await ended(bus);
      await rm(home, { recursive: true, force: true });
    },
  };
}
