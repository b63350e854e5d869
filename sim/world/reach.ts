/**
 * The way from somebody to a storage node under the scheduler: a request arrives when the seed picks
 * it, its answer likewise; either may be lost, and whoever asked then learns that nobody answered,
 * whether or not the node has done what it was asked.
 */

import { NodeError, type NodeApi } from '@dsm/ports';
import type { Random } from './random.ts';
import type { Life, Schedule } from './schedule.ts';

/** What a node does with a request, once it is there. */
export type Served = <T>(ask: (node: NodeApi) => Promise<T>) => Promise<T>;

export interface ReachOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly address: string;
  /** Who asks. */
  readonly life: Life;
  /** The node's process as it is now, or undefined while there is none or no way to it. */
  readonly target: () => { readonly life: Life; readonly node: NodeApi } | undefined;
  /** How many of a thousand requests, answers, are lost; and requests that arrive twice. */
  readonly rates: () => { readonly lost: number; readonly unheard: number; readonly twice: number };
  readonly happened: (what: string) => void;
}

export function reached(options: ReachOptions): NodeApi {
  const call = <T>(ask: (node: NodeApi) => Promise<T>): Promise<T> => asked(options, ask);
  return {
    address: options.address,
    putObject: (bytes) => call((node) => node.putObject(bytes)),
    getObject: (at) => call((node) => node.getObject(at)),
    writeSlot: (write) => call((node) => node.writeSlot(write)),
    readSlot: (key) => call((node) => node.readSlot(key)),
    ask: (requests) => call((node) => node.ask(requests)),
    health: () => call((node) => node.health()),
  };
}

function asked<T>(options: ReachOptions, ask: (node: NodeApi) => Promise<T>): Promise<T> {
  const { schedule, random, life, target, rates, happened, address } = options;
  return new Promise<T>((resolve, reject) => {
    const to = target();
    let settled = false;
    const answer = (run: () => void): void => {
      if (settled) return;
      settled = true;
      to?.life.onEnd.delete(silence);
      schedule.add(life, 'answer', run);
    };
    const silence = (): void => {
      answer(() => reject(new NodeError('unreachable', `${address} is silent`)));
    };
    const { lost, unheard, twice } = rates();
    if (to === undefined) return silence();
    if (random.chance(lost)) {
      happened('a request was lost');
      return silence();
    }
    const arrive = (): void => {
      if (random.chance(unheard)) {
        happened('an answer was lost');
        void ask(to.node).catch(() => undefined);
        return silence();
      }
      ask(to.node).then(
        (value) => answer(() => resolve(value)),
        (error: unknown) => answer(() => reject(error as Error)),
      );
    };
    to.life.onEnd.add(silence);
    schedule.add(to.life, 'request', arrive);
    if (random.chance(twice)) {
      happened('a request arrived twice');
      schedule.add(to.life, 'request', () => void ask(to.node).catch(() => undefined));
    }
  });
}
