/** `dsm device`: this device, and what it is sealed to. */

import type { CommandSpec } from '../command.ts';
import { binding } from './device-binding.ts';

export const device: CommandSpec = {
  name: 'device',
  summary: 'this device',
  commands: [binding],
};
