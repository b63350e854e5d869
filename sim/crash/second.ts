/** Opens a store or engine in a folder that another process has open, and prints what it gets. */

import { installNative } from '@dsm/node';
import { codeOf } from './log-life.ts';
import { subjects } from './subjects.ts';

installNative();
const [name, folder = ''] = process.argv.slice(2);
try {
  const open = await subjects.find((subject) => subject.name === name)?.open(folder);
  await open?.close();
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(`${String(codeOf(error))}\n`);
}
