/** One bench in this process; its lines go to whoever started it. */

import { benches } from './benches.ts';

const [name = '', ...options] = process.argv.slice(2);
const load = benches.get(name);
if (load === undefined) throw new RangeError(`no bench called ${name}`);
const { run } = await load();
await run((line) => process.send!(line), { peers: options.includes('peers') });
process.disconnect?.();
