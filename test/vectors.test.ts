/**
 * The vectors hold: read as they lie there, decoded, encoded again, derived and judged by the shipped
 * core, and once more by an implementation that shares no code with it (vectors/check.py).
 *
 * Nothing is generated here. `node tools/vectors.ts --check` says whether the generator still agrees.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ratelessRefusals, sumProofRefusals } from '@dsm/availability';
import {
  capsuleRefusals,
  contributionRefusals,
  frameRefusals,
  introductionRefusals,
  invitationRefusals,
  membershipRefusals,
  updateRefusals,
} from '@dsm/identity';
import { installPortable } from '@dsm/portable';
import {
  evidenceRefusals,
  pendings,
  proofRefusals,
  receiptRefusals,
  refusals,
} from '@dsm/primitive';
import { escrowRefusals, lineageRefusals, operationRefusals } from '@dsm/protocols';
import { checkNames, find, fromBase64url, toBase64url } from './src/index.ts';
import type { Json, VectorCase, VectorFile } from './src/index.ts';

installPortable();

const folder = 'vectors/v1';
const names = readdirSync(folder).toSorted();
const files = new Map(names.map((name) => [name, fileAt(join(folder, name))]));
const cases = [...files.values()].flatMap((file) => file.cases.map((one) => ({ file, one })));

for (const [name, file] of files) {
  test(`${folder}/${name} holds`, () => {
    assert.equal(file.version, 1);
    assert.equal(`${file.object}.json`, name);
    for (const one of file.cases) {
      const { expect, fields, derived } = one;
      const stated = { expect, ...(fields === undefined ? {} : { fields }) };
      const found = find(file.object, one);
      const whole = derived === undefined ? stated : { ...stated, derived };
      assert.deepEqual(found, whole, `${one.check}: ${one.name}`);
    }
  });
}

test('every check has a good case and, if it can refuse, a bad one', () => {
  const good = new Set<string>();
  const asked = new Set<string>();
  for (const { file, one } of cases) {
    asked.add(`${file.object}/${one.check}`);
    if (one.expect === 'ok') good.add(`${file.object}/${one.check}`);
  }
  assert.deepEqual([...asked].toSorted(), checkNames().toSorted());
  assert.deepEqual([...good].toSorted(), checkNames().toSorted());
});

test('every decoder meets every refusal of the codec', () => {
  const codec = ['malformed', 'too-large', 'unknown-version', 'wrong-kind'];
  for (const { object, cases: all } of files.values()) {
    const decoding = all.filter(({ check }) => check === 'decode');
    if (decoding.length === 0 || object === 'operation') continue;
    const met = new Set(decoding.map(({ expect }) => expect));
    assert.deepEqual([...met].toSorted(), [...codec, 'ok'].toSorted(), object);
  }
});

const tables: Readonly<Record<string, readonly string[]>> = {
  'accept/accept': [
    ...Object.keys(refusals),
    ...Object.keys(pendings).map((one) => `pending ${one}`),
    'already-accepted',
    'ok',
  ],
  'proof/evaluate': [...Object.keys(proofRefusals), 'ok'],
  'receipt/check': [...Object.keys(receiptRefusals), 'ok'],
  'card/check': ['network', 'key-size', 'generation', 'succession', 'signature', 'ok'],
  'certificate/check': ['registry', 'slot', 'quorum', 'vote', 'ok'],
  'evidence/check': [...Object.keys(evidenceRefusals), 'ok'],
  'slot-write/authorised': ['refused', 'ok'],
  'allow-list/check': ['not-allowed', 'ok'],
  // That an escrow is known is asked before it is told anything.
  'escrow/tell': [...Object.keys(escrowRefusals).filter((one) => one !== 'escrow'), 'ok'],
  // More than 255 branches cannot be written.
  'sum-map/evaluate': [
    ...Object.keys(sumProofRefusals).filter((one) => one !== 'deep'),
    'malformed',
    'ok',
  ],
  'symbol/read': ['malformed', 'ok'],
  'symbol/difference': [...Object.keys(ratelessRefusals), 'ok'],
  'contribution/mix': [...Object.keys(contributionRefusals), 'ok'],
  // That its slot is certified is asked of whoever has registries.
  'tree-update/check': [
    ...Object.keys(updateRefusals).filter((one) => one !== 'certificate'),
    'ok',
  ],
  'membership/check': [...Object.keys(membershipRefusals), 'ok'],
  'invitation/check': [...Object.keys(invitationRefusals), 'ok'],
  'introduction/check': [...Object.keys(introductionRefusals), 'ok'],
  'capsule/read': [...Object.keys(capsuleRefusals), 'ok'],
  'capsule/join': [...Object.keys(frameRefusals), 'missing', 'ok'],
  'capsule/payload': ['malformed', 'ok'],
  'operation/rules': [
    ...Object.keys(operationRefusals),
    'pending operation',
    'pending policy',
    'ok',
  ],
};
const lineage = [...Object.keys(lineageRefusals), 'missing', 'ok'];

for (const [check, table] of Object.entries(tables)) {
  test(`${check} meets every line of its table`, () => {
    assert.deepEqual(metBy([check]), table.toSorted());
  });
}

test('lineage meets every line of its table', () => {
  assert.deepEqual(
    metBy(['issue-part/lineage', 'spend-part/lineage', 'exit-part/lineage']),
    lineage.toSorted(),
  );
});

test('every case says what it is about', () => {
  const wordless = cases.filter(({ one }) => one.name === '' || !/^\S.*[.?]$/s.test(one.comment));
  assert.deepEqual(
    wordless.map(({ file, one }) => `${file.object}: ${one.name}`),
    [],
  );
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
const ifPython = hasPython ? {} : { skip: 'there is no python3' };
const suffix = hasPython ? '' : ' (not asked: there is no python3)';

test(`another implementation finds the same${suffix}`, ifPython, () => {
  const { status, last } = checked(folder);
  assert.equal(last, `${cases.length} passed, 0 failed`);
  assert.equal(status, 0);
});

const alterations: Readonly<Record<string, (one: VectorCase) => VectorCase | undefined>> = {
  'one byte of what is asked': (one) =>
    one.expect === 'ok'
      ? // A byte of a signature would go unnoticed by who cannot verify it.
        ((one.signature === true ? undefined : altered(one, 'bytes')) ?? altered(one, 'given'))
      : undefined,
  'one byte of what is derived': (one) => altered(one, 'derived'),
  'one verdict': (one) => ({ ...one, expect: one.expect === 'ok' ? 'malformed' : 'ok' }),
};

for (const [what, alter] of Object.entries(alterations)) {
  test(`another implementation finds ${what} altered in any file${suffix}`, ifPython, (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'vectors-'));
    t.after(() => rmSync(copy, { recursive: true }));
    cpSync(folder, copy, { recursive: true });
    for (const [name, file] of files) {
      const at = file.cases.findIndex((one) => alter(one) !== undefined);
      assert.notEqual(at, -1, `${name} has nothing to alter`);
      const spoilt = file.cases.with(at, alter(file.cases[at]!)!);
      writeFileSync(join(copy, name), JSON.stringify({ ...file, cases: spoilt }));
    }
    const { status, last, failed } = checked(copy);
    assert.equal(status, 1);
    assert.deepEqual(failed, names);
    assert.equal(last, `${cases.length - names.length} passed, ${names.length} failed`);
  });
}

function fileAt(path: string): VectorFile {
  return JSON.parse(readFileSync(path, 'utf8')) as VectorFile;
}

/** The verdicts that cases of these checks expect. */
function metBy(checks: readonly string[]): readonly string[] {
  const met = cases.filter(({ file, one }) => checks.includes(`${file.object}/${one.check}`));
  return [...new Set(met.map(({ one }) => one.expect))].toSorted();
}

interface Answer {
  readonly status: number | null;
  readonly last: string;
  /** The files in which something failed. */
  readonly failed: readonly string[];
}

function checked(of: string): Answer {
  const { status, stdout } = spawnSync('python3', ['vectors/check.py', of], { encoding: 'utf8' });
  const lines = stdout.trimEnd().split(/\r?\n/);
  const failed = lines.flatMap((line) => /^FAILED ([^:]+):/.exec(line)?.[1] ?? []);
  return { status, last: lines.at(-1) ?? '', failed: [...new Set(failed)] };
}

/** The case with one bit in the middle of the first bytes of a part changed; undefined without any. */
function altered(one: VectorCase, part: 'bytes' | 'given' | 'derived'): VectorCase | undefined {
  let done = false;
  const change = (json: Json): Json => {
    if (done || json === null) return json;
    if (typeof json === 'string') {
      const spoilt = flipped(json);
      done = spoilt !== undefined;
      return spoilt ?? json;
    }
    if (typeof json !== 'object') return json;
    if (Array.isArray(json)) return (json as readonly Json[]).map(change);
    return Object.fromEntries(
      Object.entries(json).map(([name, item]) => [name, change(item as Json)]),
    );
  };
  const before = one[part];
  if (before === undefined) return undefined;
  const after = change(before);
  return done ? ({ ...one, [part]: after } as VectorCase) : undefined;
}

/** Undefined for a text that is too short to be anything but a name. */
function flipped(text: string): string | undefined {
  if (text.length < 22 || !/^[\w-]+$/.test(text)) return undefined;
  const bytes = fromBase64url(text);
  const middle = bytes.length >> 1;
  return toBase64url(bytes.with(middle, bytes[middle]! ^ 1));
}
