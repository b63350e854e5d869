/** `npm run fuzz`: see `options.ts`. The loader must be there before the code that is to be fuzzed. */

import { installLoader } from './load.ts';
import { optionsOf, usage } from './options.ts';

const args = process.argv.slice(2);
const options = optionsOf(args);
if (args.includes('--help')) process.stdout.write(usage);
else if (typeof options === 'string') {
  process.stderr.write(`${options}\n\n${usage}`);
  process.exitCode = 2;
} else {
  installLoader(!options.plain);
  const { fuzz } = await import('./run.ts');
  process.exitCode = await fuzz(options, ['npm run fuzz --', ...args].join(' '));
}
