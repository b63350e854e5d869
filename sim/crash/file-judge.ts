/** Opens an image of a store or engine in a folder of its own, and reads all of it. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from './contents.ts';
import { putImage } from './file-life.ts';
import type { Open, Subject } from './subjects.ts';
import type { Image } from './trace.ts';

export interface Judged {
  readonly digest: string;
  readonly fault: string | undefined;
}

export interface Judge {
  /** What the image holds; if `isWritten`, it is also written to, and opened once more. */
  readonly open: (subject: Subject, image: Image, isWritten: boolean) => Promise<Judged>;
}

/** Judges in folders under `place`, none of them used twice: SQLite and LMDB remember what a process has open. */
export function judgeIn(place: string): Judge {
  let count = 0;
  return {
    open: async (subject, image, isWritten) => {
      count += 1;
      const folder = join(place, `image ${count}`);
      putImage(folder, image);
      const opened: Open[] = [];
      const open = async (): Promise<Open> => {
        opened.push(await subject.open(folder));
        return opened.at(-1)!;
      };
      let digest = '';
      try {
        const first = await open();
        digest = digestOf(await first.held());
        if (!isWritten) return { digest, fault: undefined };
        const key = new Uint8Array(32).fill(7);
        await first.commit([{ shelf: 0, key, value: key }]);
        const expected = digestOf(await first.held());
        await first.close();
        const found = digestOf(await (await open()).held());
        const fault = found === expected ? undefined : 'a later commit is not kept';
        return { digest, fault };
      } catch (error) {
        return { digest, fault: `it is refused (${String(error)})` };
      } finally {
        for (const each of opened) await each.close().catch(() => {});
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
