/**
 * Commits until it is killed, and says which commits were acknowledged, a line each:
 *
 *     node sim/crash/commit-until-killed.ts SUBJECT FOLDER SEED FIRST COUNT
 */

import { writeSync } from 'node:fs';
import { installNative } from '@dsm/node';
import { numberedCommit } from './history.ts';
import { subjects } from './subjects.ts';

installNative();
const [name, folder = '', seed = '', first = '', count = ''] = process.argv.slice(2);
const subject = subjects.find((each) => each.name === name);
if (subject === undefined) throw new RangeError(`there is no subject ${name}`);
const open = await subject.open(folder);
const end = Number(first) + Number(count);
let number = Number(first);
const lane = async (): Promise<void> => {
  while (number < end) {
    const mine = number;
    number += 1;
    await open.commit(numberedCommit(seed, mine, subject.largest));
    writeSync(1, `${mine}\n`);
  }
};
await Promise.all([lane(), lane()]);
await open.close();
