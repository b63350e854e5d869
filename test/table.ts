/** The rows of the tables in a Markdown page, and the files that a cell names. */

import { existsSync, readFileSync } from 'node:fs';

/** The cells of every row under a heading row that starts with `heading`; none if there is none. */
export function rowsOf(page: string, heading: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inTable = false;
  for (const line of readFileSync(page, 'utf8').split(/\r?\n/)) {
    const cells = cellsOf(line);
    if (cells.length === 0) inTable = false;
    else if (cells[0] === heading) inTable = true;
    else if (inTable && !cells.every((cell) => /^:?-+:?$/.test(cell))) rows.push(cells);
  }
  return rows;
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** What a cell names, without the ticks; several stand apart by commas. */
export function namesIn(cell: string): readonly string[] {
  return cell
    .split(',')
    .map((name) => name.trim().replaceAll('`', ''))
    .filter((name) => name !== '');
}

/** True for a file or folder of the repository; a fragment after `#` is not looked at. */
export function isFile(name: string): boolean {
  return !name.startsWith('/') && existsSync(name.replace(/#.*$/, ''));
}
