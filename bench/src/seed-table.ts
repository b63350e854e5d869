/**
 * The table of the offline trade in seed 003 ("Offline Trade Safety"), line by line, beside what is
 * measured here in the same run, and why the two differ.
 *
 * The left column quotes the seed and is nobody's promise here: it counts roots and a proof, and no
 * signature, although nothing in it could be attributed to anybody without. Ours are purse notes of suite 1 with
 * 1,000 relationships in both maps, a known contact and a known lineage, unless the line says otherwise.
 */

import { nativeHash } from '@dsm/node';
import {
  deviceMap,
  encodeWith,
  installHash,
  installSignatures,
  proofCoder,
  sizes,
} from '@dsm/primitive';
import { run as runInteractive } from './interactive.ts';
import { lineageOf } from './lineage-parts.ts';
import { relationships } from './note-payment.ts';
import { run as runOffline } from './offline.ts';
import { thing, unsigned } from './pair.ts';
import { run as runProofData } from './proof-data.ts';
import { spread, type Line, type Report } from './report.ts';
import { run as runWire } from './wire.ts';

export const question = 'What does seed 003 say of an offline trade, and what is measured here?';

interface Row {
  readonly what: string;
  readonly seed: string;
  readonly here: string;
  readonly why: string;
}

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  const wire = await first(runWire);
  const proofs = await first(runProofData);
  const computing = await first(runInteractive);
  const latency = await first(runOffline);
  const rows = [
    ...messages(wire),
    ...proofData(proofs),
    ...speed(computing, latency),
    ...lineage(),
    ...promises,
  ];
  for (const row of rows) report({ bench: 'seed-table', ...row });
}

/** The line of a bench that its goals are for. */
async function first(bench: (report: Report) => Promise<void>): Promise<Line> {
  const lines: Line[] = [];
  await bench((line) => lines.push(line));
  return lines[0]!;
}

function figure(line: Line, column: string): number {
  const value = line[column];
  if (typeof value !== 'number') throw new RangeError(`no figure ${column} in ${line.bench}`);
  return value;
}

const shown = (value: number, unit: string): string => `${value.toLocaleString('en-US')} ${unit}`;
const bytes = (value: number): string => shown(value, 'B');

function messages(wire: Line): readonly Row[] {
  const each = ['offer', 'consent', 'commit', 'ack'].map((name) => figure(wire, name));
  const [offer, consent, commit, ack] = each.map((size) => size.toLocaleString('en-US'));
  const signature = sizes['ml-dsa-65'].signature;
  return [
    {
      what: 'rounds',
      seed: '2 (3 messages)',
      here: '2 (4 messages), paid at the third',
      why: 'the fourth, a MAC, only stops the payer from sending again',
    },
    {
      what: 'all data of a trade',
      seed: '≤ 500 B',
      here: bytes(figure(wire, 'bytes')),
      why: `two signatures of ${bytes(signature)} are inside; the seed counts none`,
    },
    {
      what: 'each message',
      seed: '',
      here: `${offer} + ${consent} + ${commit} + ${ack} B`,
      why: 'offer, consent, commit, ack, each with four bytes of frame',
    },
    {
      what: 'said after the trade',
      seed: '',
      here: bytes(figure(wire, 'absorbedLater')),
      why: 'the payee’s own step into its map, with a third signature',
    },
  ];
}

function proofData(proofs: Line): readonly Row[] {
  return [
    {
      what: 'head of a relationship',
      seed: '32 B a link',
      here: '2 × 32 B',
      why: 'two lanes: two who both send while apart do not fork',
    },
    { what: 'root of the device', seed: '32 B', here: '32 B', why: 'the same' },
    {
      what: 'proof of one key',
      seed: '200–400 B',
      here: bytes(oneKeyProof()),
      why: `median at ${relationships.toLocaleString('en-US')} keys`,
    },
    {
      what: 'root + proof + root',
      seed: '≤ 500 B',
      here: bytes(figure(proofs, 'offer') + 32),
      why: 'the offer’s proof shows the note and the relationship, two keys',
    },
    {
      what: 'all roots and proofs',
      seed: '',
      here: bytes(figure(proofs, 'bytes')),
      why: 'the consent proves the payee’s view, the commit the change of the payer’s map',
    },
  ];
}

function oneKeyProof(): number {
  const keys = Array.from({ length: relationships }, (_, i) => thing('relationship', i));
  const map = deviceMap();
  map.apply(keys.map((key) => ({ key, value: key })));
  map.root();
  return spread(keys.map((key) => encodeWith(proofCoder, map.prove([key])).length)).median;
}

function speed(computing: Line, latency: Line): readonly Row[] {
  const milliseconds = figure(computing, 'milliseconds');
  const name = figure(computing, 'signed');
  return [
    {
      what: 'time to the end',
      seed: '< 2 s, Bluetooth or QR',
      here: `${shown(figure(latency, 'milliseconds'), 'ms')} (p50), loopback TCP`,
      why: 'two processes, durable on both sides; a radio would be most of it, and is not in it',
    },
    {
      what: 'computing, both sides',
      seed: '',
      here: shown(milliseconds, 'ms'),
      why: `${name} ML-DSA-65 signatures made and ${name} verified are most of it`,
    },
    {
      what: 'trades per second',
      seed: '120,000, on phones',
      here: `${Math.round(1_000 / milliseconds).toLocaleString('en-US')} on one thread`,
      why: 'one pair, every trade signed by both; no pair waits for another',
    },
  ];
}

function lineage(): readonly Row[] {
  installSignatures(unsigned);
  const { parts } = lineageOf(1);
  return [
    {
      what: 'origin of the token',
      seed: '',
      here: `${bytes(parts[1]!.length)} a hop, once`,
      why: 'the payee checks each certified spend back to the mint; a proof in one map shows none',
    },
  ];
}

/** What no stopwatch shows. docs/threat-model.md has the reasons. */
const promises: readonly Row[] = [
  {
    what: 'what the payee has',
    seed: '“FINAL”, “zero exposure”',
    here: 'pair-final; certified later',
    why: 'a cheat can show another merchant another root: provable, bounded by the payee’s limit',
  },
  {
    what: 'what the payee learns',
    seed: 'own chain and two roots',
    here: 'the note’s lineage as well',
    why: 'without it nobody could check that the note was ever minted',
  },
];
