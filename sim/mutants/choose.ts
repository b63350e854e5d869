/** Which tests may notice a change at a point of the source, and in which order they are asked. */

import type { Points } from './coverage.ts';
import type { Survey } from './pool.ts';

export interface Chosen {
  readonly tests: readonly Survey[];
  /** How often all of them pass the point. */
  readonly passes: number;
  /** How many more pass it that the budget leaves out. */
  readonly left: number;
}

/**
 * The tests that pass the point, those of its own package first, the quick ones before the slow
 * ones. A point that is passed while modules are made belongs to every test of that file, after
 * those that pass it themselves. A test that would go beyond the budget is left out.
 */
export function choose(
  surveys: readonly Survey[],
  points: Points,
  at: { readonly file: string; readonly offset: number },
  budgetMs: number,
): Chosen {
  const place = points.get(at.file)!.indexOf(at.offset);
  const own = packageOf(at.file);
  let passes = 0;
  const passing = surveys.flatMap((survey) => {
    const direct = survey.hits.get(at.file)?.[place] ?? 0;
    const making = survey.whileMaking.get(at.file)?.[place] ?? 0;
    if (direct + making === 0) return [];
    passes += direct + making;
    const late = (direct > 0 ? 0 : 1) + (packageOf(survey.testFile) === own ? 0 : 2);
    return [{ survey, late }];
  });
  const order = passing.toSorted((a, b) => a.late - b.late || a.survey.ms - b.survey.ms);
  let spent = 0;
  const tests: Survey[] = [];
  for (const { survey } of order) {
    if (spent + survey.ms > budgetMs) continue;
    spent += survey.ms;
    tests.push(survey);
  }
  return { tests, passes, left: order.length - tests.length };
}

function packageOf(file: string): string {
  return file.split('/', 2).join('/');
}
