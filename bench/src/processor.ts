/** Time on the processor of processes and all that they have started, as Linux counts it. */

import { readdirSync, readFileSync } from 'node:fs';

/** What Linux shows to programs is in hundredths of a second, on every machine. */
const tickMs = 10;

interface Counted {
  readonly parent: number;
  readonly ms: number;
}

/** Milliseconds since they were started, their children of all generations included; 0 elsewhere. */
export function processorMs(pids: readonly number[]): number {
  const all = counted();
  let sum = 0;
  for (const pid of all.keys()) if (comesFrom(all, pid, pids)) sum += all.get(pid)!.ms;
  return sum;
}

function comesFrom(
  all: ReadonlyMap<number, Counted>,
  pid: number,
  pids: readonly number[],
): boolean {
  for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (pids.includes(at)) return true;
  return false;
}

function counted(): ReadonlyMap<number, Counted> {
  const all = new Map<number, Counted>();
  if (process.platform !== 'linux') return all;
  for (const name of readdirSync('/proc')) {
    const one = /^\d+$/.test(name) ? read(name) : undefined;
    if (one !== undefined) all.set(Number(name), one);
  }
  return all;
}

function read(pid: string): Counted | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold anything; the fields are counted from behind it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user, system] = [fields[11] ?? 0, fields[12] ?? 0];
    return { parent: fields[1] ?? 0, ms: (user + system) * tickMs };
  } catch {
    return undefined; // It ended between the list and the look.
  }
}
