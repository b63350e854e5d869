/** The page docs/verification.md, made of the record and of the table of cases, and of nothing else. */

import { cases } from './cases.ts';
import type { Recorded } from './record.ts';

const tools: Readonly<Record<string, string>> = {
  explore: 'Exhaustive search over the shipped functions ([how](exploration.md))',
  formal: 'Second models in Quint and Spin, replayed against the core ([how](formal.md))',
  world: 'The whole system under a seed ([how](simulation.md))',
  scale: 'Theorems and figures at scale ([how](scaling.md))',
  crash: 'Crash points of stores and engines ([how](crash-points.md))',
  fuzz: 'Every decoder and every route under coverage-guided mutation ([how](fuzzing.md))',
  primitives: 'Portable against native cryptography',
  guards: 'Every rule taken away, one at a time ([how](mutation.md))',
  mutants: 'Mutants of the core ([how](mutation.md))',
  bugs: 'Seeded bugs, each found by the check that names it ([how](mutation.md))',
};

export function page(record: readonly Recorded[]): string {
  const failed = record.filter(({ ok }) => !ok);
  const parts = [
    '# Verification',
    'Written by `npm run verify` (quick) and `npm run verify:long` from their own results ' +
      '([as data](verification.json)); not edited by hand. Every line can be repeated with its command.',
    failed.length === 0
      ? `${record.length} checks, no finding.`
      : `**${failed.length} of ${record.length} checks have findings**: ${failed.map(named).join(', ')}.`,
    '## What this does not show',
    ...uncovered(record),
    '## What was done',
    ...Object.keys(tools).flatMap((tool) => section(tool, record)),
    '## The forty cases',
    'What an adversary, a liar or a disk may do, what has to happen, and the test that shows it.',
    casesTable(),
  ];
  return `${parts.join('\n\n')}\n`;
}

function named({ tool, part }: Recorded): string {
  return `${tool} ${part}`;
}

/** Each sentence once, with the tools that say it. */
function uncovered(record: readonly Recorded[]): readonly string[] {
  const said = record.flatMap((one) =>
    one.uncovered.map((sentence) => [sentence, one.tool] as const),
  );
  const by = Map.groupBy(said, ([sentence]) => sentence);
  return [
    [...by]
      .map(([sentence, all]) => {
        const names = [...new Set(all.map(([, tool]) => tool))].join(', ');
        return `- ${sentence} (${names})`;
      })
      .join('\n'),
  ];
}

function section(tool: string, record: readonly Recorded[]): readonly string[] {
  const results = record.filter((one) => one.tool === tool);
  if (results.length === 0) return [];
  const header =
    '| run | covers | figures | result | seconds | revision |\n| --- | --- | --- | --- | --- | --- |';
  const rows = results.map((one) =>
    [
      `${one.part}<br>\`${one.command}\``,
      one.bound,
      Object.entries(one.figures)
        .map(([name, value]) => `${name} ${shown(value)}`)
        .join('<br>'),
      one.ok ? 'no finding' : one.findings.join('<br>'),
      one.seconds.toFixed(one.seconds < 10 ? 1 : 0),
      one.revision,
    ]
      .map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' '))
      .join(' | '),
  );
  const machines = [...new Set(results.map(({ machine }) => machine))].join('; ');
  return [
    `### ${tools[tool]!}`,
    [header, ...rows.map((row) => `| ${row} |`)].join('\n'),
    `On ${machines}.`,
  ];
}

function shown(value: number | string): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(4);
}

function casesTable(): string {
  const rows = cases.map(({ number, what, outcome, evidence }) => {
    const links = evidence.map((path) => `[${path.split('/').at(-1)!}](../${path})`).join(', ');
    return `| ${number} | ${what} | ${outcome} | ${links} |`;
  });
  return ['| # | case | what happens | shown by |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
