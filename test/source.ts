/**
 * The sources of this repository as text: which files there are, and their code without comments.
 *
 * Regular expressions, not a parser: the tests that use it look for words and imports, and what they
 * miss is caught by the types, by lint and by the preload.
 */

import { globSync, readFileSync } from 'node:fs';

/** Every TypeScript file of ours, wherever it lies. */
export const sources: readonly string[] = globSync(
  '{core,host,apps,bench,test,examples,tools,sim}/**/*.ts',
  { exclude: (name) => name === 'node_modules' || name === '.examples' },
)
  .map(slashed)
  .toSorted();

/** The path as Git writes it, on every platform. */
export function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

const token = new RegExp(
  [
    /\/\*[\s\S]*?\*\/|\/\/.*/, // a comment
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/, // a string
    /`(?:\\.|[^`\\])*`/, // a template
    /(?<=[(,=:[!&|?{};]\s*|\breturn\s+)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/, // a pattern
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** The code with its strings and patterns, without its comments. */
export function withoutComments(source: string): string {
  return source.replace(token, (match) => (/^\/[/*]/.test(match) ? '' : match));
}

/** The code alone: no comments, no strings; of a template, what stands between its braces. */
export function codeOf(source: string): string {
  return source.replace(token, (match) => {
    if (!match.startsWith('`')) return match.startsWith('/') ? '' : "''";
    return [...match.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => ` ${inner} `).join('');
  });
}

const specifier = /\bfrom\s*['"]([^'"]+)['"]|(?<![-\w])import\s*\(?\s*['"]([^'"]+)['"]/g;

/** What the file imports or exports from, as written. */
export function importsOf(file: string): readonly string[] {
  const code = withoutComments(readFileSync(file, 'utf8'));
  return [...code.matchAll(specifier)].map(([, from, alone]) => from ?? alone ?? '');
}
