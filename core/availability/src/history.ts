/**
 * The history of a slot: which values stood in it, written down for each version of the registry in
 * which that changed. The vote map of a closed version is made of it, whatever came later.
 */

import { ascending, bytes32, equal, limits, list, struct, u32, type Coder } from '@dsm/primitive';

/** Which values stood from a version on. */
export interface Stood {
  readonly version: number;
  /** Ascending; several while the slot is frozen. */
  readonly values: readonly Uint8Array[];
}

/** By version, ascending. */
export const historyCoder: Coder<readonly Stood[]> = list<Stood>(
  struct({ version: u32, values: ascending(bytes32, (one) => one, limits.slotValuesMax, 1) }),
  limits.slotHistoryMax,
);

/** What stands is written down under a version only where it differs from before. */
export function historyAfter(
  before: readonly Stood[],
  version: number,
  values: readonly Uint8Array[],
): readonly Stood[] {
  const says = (one: Stood | undefined): boolean =>
    one?.values.length === values.length &&
    values.every((value, i) => equal(value, one.values[i]!));
  if (says(before.at(-1))) return before;
  const earlier = before.filter((one) => one.version < version);
  if (says(earlier.at(-1))) return earlier;
  return [...earlier, { version, values }].slice(-limits.slotHistoryMax);
}

/** The values that stood when the version was closed, ascending; none if nothing did. */
export function stoodIn(history: readonly Stood[], version: number): readonly Uint8Array[] {
  return history.findLast((one) => one.version <= version)?.values ?? [];
}
