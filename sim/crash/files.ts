/**
 * The part of the crash points that runs with the shim, in a process of its own:
 *
 *     node sim/crash/files.ts SUBJECT BOUNDS PLACE
 *
 * It answers with one line of JSON, and with progress on standard error.
 */

import { countSites, hostFolder, lmdbFolder, logFolder, siteName } from './sites.ts';

const reached = countSites([hostFolder, logFolder, lmdbFolder]);

const { installNative } = await import('@dsm/node');
const { bounds } = await import('./bounds.ts');
const { fileFaults } = await import('./file-faults.ts');
const { judgeIn } = await import('./file-judge.ts');
const { filePoints } = await import('./file-points.ts');
const { shim } = await import('./shim.ts');
const { subjects } = await import('./subjects.ts');
const { tally, toldOf } = await import('./tally.ts');

installNative();
const [name, bound = '', place = ''] = process.argv.slice(2);
const subject = subjects.find((each) => each.name === name);
const bounded = bounds[bound];
if (subject === undefined || bounded === undefined)
  throw new RangeError('no such subject or bound');
const steering = shim();
const judge = judgeIn(place);
const count = tally((sentence) => process.stderr.write(`${sentence}\n`));
await filePoints(subject, place, steering, judge, bounded.files(subject), count);
if (subject.survivesFaults) {
  await fileFaults(subject, place, steering, judge, bounded.fileFaults(subject), count);
}
const sites = reached.sites.map((site, n) => [siteName(site), reached.counts[n]!] as const);
const { findings, ...counted } = toldOf(count);
// Folders of this run say nothing to anybody.
const readable = findings.map((sentence) => sentence.replaceAll(`${place}/`, ''));
process.stdout.write(`${JSON.stringify({ ...counted, findings: readable, sites })}\n`);
