/**
 * The bounds that can be explored, by name. A space adds its own here.
 */

import { commonBounds } from './common-bounds.ts';
import { deviceBounds } from './devices-bounds.ts';
import { planeBounds } from './plane-bounds.ts';
import type { Bound } from './space.ts';
import { valueBounds } from './value-bounds.ts';

export const bounds: Readonly<Record<string, Bound>> = {
  ...deviceBounds,
  ...commonBounds,
  ...planeBounds,
  ...valueBounds,
};
