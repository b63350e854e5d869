/**
 * No honest device is ever convicted, nor an honest node; and where nobody cheats, nothing is ever in
 * conflict.
 */

import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { isDoubtful } from './final.ts';

export function honestStandFree(world: World): Watch {
  return {
    name: 'honest-not-convicted',
    alarmed: (device, { device: culprit, explain }) => {
      const guilty = world.ids.indexOf(culprit);
      world.happened('an alarm was raised');
      if (guilty >= 0 && world.cheats.has(guilty)) return;
      if (guilty < 0 && world.nodes.some(({ faulty }) => faulty)) return;
      const who = world.devices[guilty]?.name ?? culprit;
      world.tell(
        'honest-not-convicted',
        `${who} is honest, and ${world.devices[device]!.name} says: ${explain}`,
      );
    },
    reported: (device, { finality, over, id }) => {
      if (finality !== 'conflicted') return;
      world.happened('a payment came into conflict');
      if (over === 'edge' || isDoubtful(world)) return;
      const { name } = world.devices[device]!;
      world.tell('honest-not-convicted', `${name}: nobody cheats, and ${id} is in conflict`);
    },
  };
}
