/**
 * What benches say: lines of figures, with what was promised beside what was measured.
 *
 * The name of a line tells what is in the figure: signed or unsigned, durable or in memory.
 */

/** Columns in the order in which they are shown. `bench` groups the lines of one table. */
export interface Line {
  readonly bench: string;
  readonly [column: string]: string | number | undefined;
}

export type Report = (line: Line) => void;

/** One question. Benches run one after the other, alone. */
export interface Bench {
  readonly question: string;
  readonly run: (report: Report, options: Options) => Promise<void>;
}

export interface Options {
  /** False: compare with nobody else's work. */
  readonly peers: boolean;
}

/** What the project has promised: at least the floor, and the target if all is well. */
export interface Goal {
  readonly floor: number;
  readonly target: number;
  readonly better: 'higher' | 'lower';
}

export interface Judged {
  readonly floor: number;
  readonly target: number;
  readonly verdict: 'target met' | 'floor met, target missed' | 'floor missed';
}

export function judge(figure: number, { floor, target, better }: Goal): Judged {
  const reaches = (bound: number): boolean =>
    better === 'higher' ? figure >= bound : figure <= bound;
  const least = reaches(floor) ? 'floor met, target missed' : 'floor missed';
  return { floor, target, verdict: reaches(target) ? 'target met' : least };
}

/** The figure below which `part` of the sorted figures lie. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor((sorted.length - 1) * part)]!;
}

export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
  };
}

/** Lines of one bench as a table for a terminal, figures to the right. */
export function table(lines: readonly Line[]): string {
  const columns = [...new Set(lines.flatMap((line) => Object.keys(line)))].filter(
    (column) => column !== 'bench',
  );
  const cells = lines.map((line) => columns.map((column) => shown(line[column])));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((row) => row[i]!.length)),
  );
  const isFigure = columns.map((column) =>
    lines.every((line) => line[column] === undefined || typeof line[column] === 'number'),
  );
  const row = (texts: readonly string[]): string =>
    texts
      .map((text, i) => (isFigure[i]! ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [row(columns), row(widths.map((width) => '─'.repeat(width))), ...cells.map(row)].join(
    '\n',
  );
}

function shown(cell: string | number | undefined): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : (cell ?? '');
}
