/**
 * What the compiler says of a changed file of the core. A change that does not compile never ships,
 * so where no test notices it, the types do. What the compiler says of names that nobody uses any
 * more, or of conditions that are always true, does not count: that is taste.
 */

import { join } from 'node:path';
import { API } from 'typescript/unstable/sync';
import { root } from './tests.ts';

export interface TypeJudge {
  /** What is wrong with the file if its text is this one; undefined if it compiles. */
  readonly wrongWith: (file: string, source: string) => string | undefined;
  readonly close: () => void;
}

/** Never read, never used, never reached, always true, always false, never equal. */
const taste: ReadonlySet<number> = new Set([
  6133, 6138, 6192, 6196, 6198, 6199, 6205, 7027, 2367, 2872, 2873,
]);

export function typeJudge(): TypeJudge {
  const held = new Map<string, string>();
  const api = new API({ cwd: root, fs: { readFile: (path) => held.get(path) } });
  const config = join(root, 'tsconfig.core.json');
  const wrongWith = (file: string, source: string): string | undefined => {
    const path = join(root, file);
    held.set(path, source);
    const snapshot = api.updateSnapshot({
      openProjects: [config],
      fileChanges: { changed: [path] },
    });
    try {
      const program = snapshot.getProjects()[0]!.program;
      const said = [
        ...program.getSyntacticDiagnostics(path),
        ...program.getSemanticDiagnostics(path),
      ];
      return said.find(({ code }) => !taste.has(code))?.text;
    } finally {
      held.delete(path);
      snapshot.dispose();
      // The next text is compared with what lies on the disk.
      api.updateSnapshot({ openProjects: [config], fileChanges: { changed: [path] } }).dispose();
    }
  };
  return { wrongWith, close: () => api.close() };
}
