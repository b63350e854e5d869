/** `dsm device`: this device, what it is sealed to, and the other devices of its owner. */

import type { CommandSpec } from '../command.ts';
import { binding } from './device-binding.ts';
import { add, ls, move, retire, rotate, show, succeed } from './device-tree.ts';

export const device: CommandSpec = {
  name: 'device',
  summary: 'this device, and the others of its owner',
  commands: [ls, add, retire, succeed, rotate, show, move, binding],
};
