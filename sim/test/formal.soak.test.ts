/** The larger of the two bounds that the explorer shares with Spin; `npm run formal -- spin` counts both. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bounds } from '../explore/bounds.ts';
import { search } from '../explore/engine.ts';

test('the core has as many states of the common trade as Spin stores', () => {
  const found = search(bounds['common-trade']!.open(), { store: 'exact' });
  assert.equal(found.violation, undefined);
  assert.equal(found.distinct, 21_081);
});
