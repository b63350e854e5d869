/**
 * Every fork in sight convicts: once two statements of one position are in the stores of two honest
 * devices that have met since, or of one, each of them holds evidence against their author.
 */

import { isHonest } from '../heal.ts';
import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { chainIn, convictedIn, marksIn } from './rows.ts';

export function forksConvict(world: World): Watch {
  return {
    name: 'fork-convicts',
    end: () => {
      const honest = world.devices.filter(
        ({ index, wallet }) => isHonest(world, index) && wallet !== undefined,
      );
      const authors = new Map(world.devices.map((one) => [chainIn(one.place)?.id, one.original]));
      /** Position → statement → who holds it. */
      const held = new Map<string, Map<string, number[]>>();
      const by = new Map<string, string>();
      for (const { index, place } of honest) {
        for (const { position, statement, device } of marksIn(place)) {
          const all = held.get(position) ?? new Map<string, number[]>();
          held.set(position, all);
          all.set(statement, [...(all.get(statement) ?? []), index]);
          by.set(position, device);
        }
      }
      for (const [position, statements] of held) {
        if (statements.size < 2) continue;
        const author = by.get(position)!;
        const original = authors.get(author);
        world.happened('a fork was in sight of honest devices');
        if (original === undefined || !world.cheats.has(original)) {
          world.tell(
            'fork-convicts',
            `honest device ${original} has stated two things at one position`,
          );
          return;
        }
        for (const holder of [...statements.values()].flat()) {
          const { place, name } = world.devices[holder]!;
          if (convictedIn(place).has(author)) continue;
          world.tell(
            'fork-convicts',
            `${name} has met the other half of a fork and keeps no evidence`,
          );
          return;
        }
      }
    },
  };
}
