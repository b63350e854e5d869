/** The disk on a folder passes the suite of disks, on a full one too, and names its failures. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeDisk } from '@dsm/node';
import { diskConformance, smallDisk, type DiskUnderTest } from '@dsm/ports/conformance';

async function under(parent: string): Promise<DiskUnderTest> {
  const folder = mkdtempSync(join(parent, 'dsm-disk-'));
  return { disk: await nodeDisk(folder), dispose: () => rmSync(folder, { recursive: true }) };
}

diskConformance('a folder', () => under(tmpdir()));

const small = smallDisk(4 * 1_048_576);
after(small.unmount);
diskConformance(
  'a folder on a small disk',
  async () => ({ ...(await under(small.folder)), room: small }),
  small.lacks === undefined ? {} : { skip: small.lacks },
);

test('a folder is made if it is not there, and what is no file in it does not count', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'dsm-disk-'));
  const folder = join(parent, 'new', 'folder');
  const disk = await nodeDisk(folder);
  mkdirSync(join(folder, 'inside'));
  writeFileSync(join(folder, 'file'), '');
  assert.deepEqual(await disk.list(), ['file']);
  await assert.rejects(disk.remove('inside'), { name: 'StoreError' });
  rmSync(parent, { recursive: true });
  await assert.rejects(disk.list(), { name: 'StoreError', code: 'lost' });
});

test('a folder that is a file is refused in the words of the port', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'dsm-disk-'));
  writeFileSync(join(parent, 'file'), '');
  await assert.rejects(nodeDisk(join(parent, 'file')), { name: 'StoreError' });
  rmSync(parent, { recursive: true });
});
