import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { keepers } from './engine-contenders.ts';
installHash(nativeHash);
const folder = await mkdtemp('/tmp/dsm-zz-');
const all = await keepers(folder);
const val = randomBytes(2048);
for (let r = 0; r < 3; r++) for (const k of all.slice(0, Number(process.argv[2] ?? 2))) {
  let n = 0; const t0 = performance.now(); const c0 = process.cpuUsage(); const h0 = process.threadCpuUsage();
  await Promise.all(Array.from({ length: 64 }, async () => { while (performance.now() - t0 < 1500) { await k.put({ key: randomBytes(32), value: val.subarray(0, 1024) }); n += 1; } }));
  const c = process.cpuUsage(c0); const h = process.threadCpuUsage(h0);
  console.log(k.name.padEnd(28), Math.round(n / 1.5), '/s  cpu us/op', ((c.user + c.system) / n).toFixed(1), 'main thread us/op', ((h.user + h.system) / n).toFixed(1));
}
for (const k of all) await k.close();
await rm(folder, { recursive: true });
