/**
 * Completion scripts, made from the table of commands. They are static but for the names of contacts
 * and tokens, which they ask the program for.
 */

import type { CommandSpec, Parameter } from './command.ts';

/** A place in the tree of commands and the words that may follow there. */
interface Place {
  /** `dsm token`, without `dsm`; empty at the root. */
  readonly path: string;
  readonly words: readonly (readonly [word: string, meaning: string])[];
  readonly options: readonly Parameter[];
  /** What the first argument names. */
  readonly names: 'contacts' | 'tokens' | undefined;
}

export function bashScript(
  commands: readonly CommandSpec[],
  options: readonly Parameter[],
): string {
  const cases = placesOf(commands).map(({ path, words, options: own, names }) => {
    const all = [...words.map(([word]) => word), ...[...own, ...options].map(longOf)].join(' ');
    const dynamic = names === undefined ? '' : ` $(dsm __complete ${names} 2>/dev/null)`;
    return `    '${path}') words="${all}${dynamic}" ;;`;
  });
  return `# bash completion for dsm
_dsm() {
  local word="\${COMP_WORDS[COMP_CWORD]}" path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -*) ;;
      *) if [[ " ${pathsOf(commands).join(' ')} " == *" \${path:+$path/}\${COMP_WORDS[i]} "* ]]; then
           path="\${path:+$path/}\${COMP_WORDS[i]}"
         fi ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  local IFS=$' \\n'
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _dsm dsm
`;
}

export function zshScript(commands: readonly CommandSpec[], options: readonly Parameter[]): string {
  const cases = placesOf(commands).map(({ path, words, options: own, names }) => {
    const flags = [...own, ...options].map((one) => [longOf(one), one.meaning] as const);
    const all = [...words, ...flags].map(([word, meaning]) => `'${word}:${plain(meaning)}'`);
    const dynamic = names === undefined ? '' : ` \${(f)"$(dsm __complete ${names} 2>/dev/null)"}`;
    return `    '${path}') words_here=(${all.join(' ')}${dynamic}) ;;`;
  });
  return `#compdef dsm
_dsm() {
  local path_here='' word
  local -a words_here
  for word in \${words[2,CURRENT-1]}; do
    if [[ " ${pathsOf(commands).join(' ')} " == *" \${path_here:+$path_here/}$word "* ]]; then
      path_here="\${path_here:+$path_here/}$word"
    fi
  done
  case "$path_here" in
${cases.join('\n')}
  esac
  _describe 'dsm' words_here
}
_dsm "$@"
`;
}

export function fishScript(
  commands: readonly CommandSpec[],
  options: readonly Parameter[],
): string {
  const lines = ['# fish completion for dsm', 'complete -c dsm -f'];
  for (const { form, meaning } of options) {
    lines.push(`complete -c dsm -l ${longOf({ form, meaning }).slice(2)} -d '${plain(meaning)}'`);
  }
  for (const { path, words, options: own, names } of placesOf(commands)) {
    const test =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split('/')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    for (const [word, meaning] of words) {
      lines.push(`complete -c dsm -n '${test}' -a ${word} -d '${plain(meaning)}'`);
    }
    for (const one of own) {
      const long = longOf(one).slice(2);
      lines.push(`complete -c dsm -n '${test}' -l ${long} -d '${plain(one.meaning)}'`);
    }
    if (names !== undefined) {
      lines.push(`complete -c dsm -n '${test}' -a '(dsm __complete ${names} 2>/dev/null)'`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function placesOf(commands: readonly CommandSpec[], path = ''): readonly Place[] {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const words = shown.map(({ name, summary }) => [name, summary] as const);
  const here: Place = { path, words, options: [], names: undefined };
  const below = shown.flatMap((spec): readonly Place[] => {
    const inner = path === '' ? spec.name : `${path}/${spec.name}`;
    if (spec.commands !== undefined) return placesOf(spec.commands, inner);
    return [{ path: inner, words: [], options: spec.options ?? [], names: namesOf(spec) }];
  });
  return [here, ...below];
}

function pathsOf(commands: readonly CommandSpec[]): readonly string[] {
  return placesOf(commands)
    .map(({ path }) => path)
    .filter((path) => path !== '');
}

function namesOf({ arguments: parameters }: CommandSpec): 'contacts' | 'tokens' | undefined {
  const form = parameters?.[0]?.form;
  if (form === '<who>' || form === '[who]') return 'contacts';
  return form === '<token>' || form === '[token]' ? 'tokens' : undefined;
}

function longOf({ form }: Parameter): string {
  return form.split(' ')[0]!;
}

/** Quotes and colons mean something to the shells. */
function plain(text: string): string {
  return text.replace(/[':"`$\\]/g, '');
}
