/**
 * Opaque secret keys.
 *
 * What a caller holds is a frozen thing that names its algorithm and prints as `[secret]`. The
 * material stays in a weak map of the implementation that made it, so it cannot be logged,
 * serialised or cloned by accident, and it goes when the last holder of the key goes.
 */

import type { Algorithm, SecretKey } from '@dsm/primitive';

export interface SecretKeys<Material> {
  readonly wrap: (algorithm: Algorithm, material: Material) => SecretKey;
  /** A key that another implementation made is a fault of the caller, so it throws. */
  readonly unwrap: (key: SecretKey) => Material;
}

/** The secret keys of one implementation; no other can open them. */
export function secretKeys<Material>(implementation: string): SecretKeys<Material> {
  const materials = new WeakMap<SecretKey, Material>();
  return {
    wrap: (algorithm, material) => {
      const key = Object.freeze({
        algorithm,
        toString: printed,
        toJSON: printed,
        // Without this, Node's console would list the fields; there is nothing to see, but the
        // printed form is promised to be the same everywhere.
        [Symbol.for('nodejs.util.inspect.custom')]: printed,
      });
      materials.set(key, material);
      return key;
    },
    unwrap: (key) => {
      const material = materials.get(key);
      if (material === undefined) {
        throw new RangeError(`secret key: not made by the signatures of ${implementation}`);
      }
      return material;
    },
  };
}

const printed = (): '[secret]' => '[secret]';
