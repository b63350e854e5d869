/**
 * Finds what can be taken away from a file of checks, mechanically, from its syntax tree:
 *
 *     if         the condition of `if (…) return …` or `if (…) throw …`      becomes false
 *     and        one operand of a chain of &&                              becomes true
 *     or         one operand of a chain of ||                              becomes false
 *     else       one check of a chain of ?? that is returned               becomes undefined
 *     choice     the condition of `… ? undefined : …`                      becomes what passes
 *
 * The tree comes from the compiler that checks the types here.
 */

import { join } from 'node:path';
import {
  SyntaxKind,
  type BinaryExpression,
  type ConditionalExpression,
  type IfStatement,
  type Node,
  type SourceFile,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import type { Edit } from '../edits/edit.ts';

export type GuardKind = 'if' | 'and' | 'or' | 'else' | 'choice';

export interface Guard {
  readonly file: string;
  readonly line: number;
  /** The function in which it stands. */
  readonly inside: string;
  readonly kind: GuardKind;
  /** What is taken away, on one line. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What stands there instead. */
  readonly to: string;
}

const root = join(import.meta.dirname, '..', '..');

/** The guards of files that belong to the project of the core, with each file's text. */
export function guardsOf(
  files: readonly string[],
): readonly (readonly [string, readonly Guard[]])[] {
  return parsed(join(root, 'tsconfig.core.json'), files);
}

/** The guards of a text that lies nowhere. */
export function guardsIn(source: string): readonly Guard[] {
  const [file, config] = ['fixture.ts', 'tsconfig.json'].map((name) => join(root, name)) as [
    string,
    string,
  ];
  const held = new Map([
    [file, source],
    [
      config,
      JSON.stringify({ files: ['fixture.ts'], compilerOptions: { noLib: true, types: [] } }),
    ],
  ]);
  return parsed(config, ['fixture.ts'], (path) => held.get(path))[0]![1];
}

function parsed(
  config: string,
  files: readonly string[],
  readFile?: (path: string) => string | undefined,
): readonly (readonly [string, readonly Guard[]])[] {
  const api = new API({ cwd: root, ...(readFile === undefined ? {} : { fs: { readFile } }) });
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return files.map((file) => {
      const tree = project?.program.getSourceFile(join(root, file));
      if (tree === undefined) throw new RangeError(`${file} is no file of ${config}`);
      return [tree.text, guardsOfTree(tree, file)] as const;
    });
  } finally {
    api.close();
  }
}

/** Where the walk is: the function around it, and whether the value here is what it returns. */
interface Around {
  readonly inside: string;
  readonly returned: boolean;
}

function guardsOfTree(tree: SourceFile, file: string): readonly Guard[] {
  const guards: Guard[] = [];
  const note = (node: Node, kind: GuardKind, to: string, { inside }: Around): void => {
    const [start, end] = [node.getStart(tree), node.end];
    const line = tree.text.slice(0, start).split('\n').length;
    const text = tree.text.slice(start, end).replaceAll(/\s+/g, ' ');
    guards.push({ file, line, inside, kind, text, start, end, to });
  };
  const walk = (node: Node, around: Around): void => {
    if (isType(node)) return;
    if (node.kind === SyntaxKind.IfStatement) {
      const { expression, thenStatement } = node as IfStatement;
      if (leaves(thenStatement)) note(expression, 'if', 'false', around);
    } else if (node.kind === SyntaxKind.ConditionalExpression) {
      noteChoice(node as ConditionalExpression, around, note);
    } else if (node.kind === SyntaxKind.BinaryExpression) {
      noteOperands(node as BinaryExpression, around, note);
    }
    node.forEachChild((child) => {
      walk(child, below(node, child, around));
    });
  };
  walk(tree, { inside: '', returned: false });
  return guards.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

type Note = (node: Node, kind: GuardKind, to: string, around: Around) => void;

function noteOperands(node: BinaryExpression, around: Around, note: Note): void {
  const { left, right, operatorToken } = node;
  const operator = operatorToken.kind;
  const neutral = neutrals.get(operator);
  if (neutral === undefined) return;
  const [kind, to] = neutral;
  if (kind === 'else' && !around.returned) return;
  // The left side of a chain is the chain of the operands before; it notes its own.
  for (const operand of [left, right]) {
    const chained =
      operand.kind === SyntaxKind.BinaryExpression &&
      (operand as BinaryExpression).operatorToken.kind === operator;
    if (!chained) note(operand, kind, to, around);
  }
}

const neutrals: ReadonlyMap<SyntaxKind, readonly [GuardKind, string]> = new Map([
  [SyntaxKind.AmpersandAmpersandToken, ['and', 'true']],
  [SyntaxKind.BarBarToken, ['or', 'false']],
  [SyntaxKind.QuestionQuestionToken, ['else', 'undefined']],
]);

function noteChoice(node: ConditionalExpression, around: Around, note: Note): void {
  const [first, second] = [isUndefined(node.whenTrue), isUndefined(node.whenFalse)];
  if (first === second) return;
  const other = first ? node.whenFalse : node.whenTrue;
  // Undefined is what passes where the other side is a refusal, and what refuses where it is a value.
  if (isRefusal(other)) note(node.condition, 'choice', String(first), around);
  else note(node.condition, 'choice', String(!first), around);
}

function isRefusal(node: Node): boolean {
  if (node.kind === SyntaxKind.StringLiteral || node.kind === SyntaxKind.ConditionalExpression) {
    return true;
  }
  return node.kind === SyntaxKind.CallExpression;
}

function isUndefined(node: Node): boolean {
  return node.kind === SyntaxKind.Identifier && node.getText() === 'undefined';
}

/** True if a statement, or the last one of a block, leaves the function. */
function leaves(statement: Node): boolean {
  if (statement.kind === SyntaxKind.Block) {
    let last: Node | undefined;
    statement.forEachChild((child) => {
      last = child;
    });
    return last !== undefined && leaves(last);
  }
  return (
    statement.kind === SyntaxKind.ReturnStatement || statement.kind === SyntaxKind.ThrowStatement
  );
}

const functions: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
]);

/** Values pass upwards to a return through parentheses, chains of ?? and the sides of a choice. */
function below(node: Node, child: Node, around: Around): Around {
  if (node.kind === SyntaxKind.FunctionDeclaration) {
    const name = (node as Node & { name?: Node }).name;
    return { inside: name?.getText() ?? around.inside, returned: false };
  }
  if (node.kind === SyntaxKind.ReturnStatement) return { ...around, returned: true };
  if (functions.has(node.kind)) {
    return { ...around, returned: (node as Node & { body?: Node }).body === child };
  }
  const passes =
    node.kind === SyntaxKind.ParenthesizedExpression ||
    (node.kind === SyntaxKind.BinaryExpression &&
      (node as BinaryExpression).operatorToken.kind === SyntaxKind.QuestionQuestionToken) ||
    (node.kind === SyntaxKind.ConditionalExpression &&
      (node as ConditionalExpression).condition !== child);
  return { ...around, returned: passes && around.returned };
}

function isType(node: Node): boolean {
  return (
    node.kind === SyntaxKind.InterfaceDeclaration || node.kind === SyntaxKind.TypeAliasDeclaration
  );
}

/** The source without the guard. */
export function without(source: string, { start, end, to }: Guard): string {
  return source.slice(0, start) + to + source.slice(end);
}

/** The guard's deletion as an edit: as much text around it as makes it the only one. */
export function editOf(source: string, { file, start, end, to }: Guard): Edit {
  let [from, until] = [start, end];
  const held = (): string => source.slice(from, until);
  while (source.indexOf(held()) !== source.lastIndexOf(held())) {
    from = Math.max(0, from - 1);
    until = Math.min(source.length, until + 1);
  }
  return { file, from: held(), to: source.slice(from, start) + to + source.slice(end, until) };
}
