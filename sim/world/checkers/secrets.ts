/** Secrets: no byte string that leaves a device holds the secret of any. */

import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';

export function secretsStay(world: World): Watch {
  const needles = world.devices.map(({ secret }) => secret);
  const look = (device: number, bytes: Uint8Array): void => {
    const hay = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (needles.some((needle) => hay.indexOf(needle) >= 0)) {
      world.tell('secrets-stay', `${world.devices[device]!.name} has said a secret`);
    }
  };
  return {
    name: 'secrets-stay',
    sent: look,
    asked: (device, request) => {
      if (request.type === 'put') look(device, request.bytes);
      if (request.type === 'write-slot') look(device, request.write);
    },
  };
}
