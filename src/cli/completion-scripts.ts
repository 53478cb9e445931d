/**
 * The completion scripts of the shells. Each holds all words itself and starts nothing but git, for names of refs.
 * A ref may be called `$(command)`: bash would expand it while completing, or on Enter, so only plain names are offered.
 */

import type { CommandWords, Words } from './completion-words.ts';

const PLAIN = '^[A-Za-z0-9._/@+-]+$';
const REFS = "git for-each-ref --format='%(refname:short)'";

/** Single quotes of POSIX shells. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `files` as `<files>`, a list as its words: what the functions below hand on. */
function asText(words: Words | undefined): string {
  if (words === undefined || words === 'anything') return '';
  return typeof words === 'string' ? `<${words}>` : words.join(' ');
}

/** `case` arms from commands to words; empty ones are left out. */
function arms(entries: readonly (readonly [pattern: string, words: string])[]): string {
  return entries
    .filter(([, words]) => words !== '')
    .map(([pattern, words]) => `    ${pattern}) echo ${quote(words)} ;;\n`)
    .join('');
}

/** Three functions in POSIX shell: options of a command, values of an option, and what else may stand. */
function tables(commands: readonly CommandWords[], prefix: string): string {
  const options = commands.map(
    ({ name, options }) => [name, [...options.keys()].join(' ')] as const,
  );
  const values = commands.flatMap(({ name, options }) =>
    [...options].map(([option, words]) => [quote(`${name} ${option}`), asText(words)] as const),
  );
  const others = commands.map(
    ({ name, subcommands, positionals }) =>
      [name, subcommands.length > 0 ? subcommands.join(' ') : asText(positionals)] as const,
  );
  return `${prefix}_options() {
  case "$1" in
${arms(options)}  esac
}
${prefix}_values() {
  case "$1 $2" in
${arms(values)}  esac
}
${prefix}_others() {
  case "$1" in
${arms(others)}  esac
}
`;
}

export function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion of git-signet, also for "git signet" where git's own is loaded
${tables(commands, '__git_signet')}
__git_signet_refs() {
  local ref from=''
  case "$cur" in *..*) from="\${cur%..*}.."; cur="\${cur##*..}" ;; esac
  while read -r ref; do
    [[ $ref =~ ${PLAIN} && $ref == "$cur"* ]] && COMPREPLY+=("$from$ref")
  done < <(${REFS} "$@" 2>/dev/null)
}
__git_signet_take() {
  local each
  while read -r each; do COMPREPLY+=("$each"); done
}
_git_signet() {
  local at command words cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((at = 0; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in signet | git-signet | */git-signet) break ;; esac
  done
  at=$((at + 1))
  command="\${COMP_WORDS[at]}"
  COMPREPLY=()
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if ((COMP_CWORD <= at)); then
    words=${quote(names)}
  else
    words="$(__git_signet_values "$command" "$prev")"
    if [[ -z $words && $cur == -* ]]; then words="$(__git_signet_options "$command")"; fi
    if [[ -z $words ]]; then words="$(__git_signet_others "$command")"; fi
  fi
  case "$words" in
    '<revisions>') __git_signet_refs refs/heads refs/tags refs/remotes ;;
    '<tags>') __git_signet_refs refs/tags ;;
    '<files>') compopt -o filenames 2>/dev/null; __git_signet_take < <(compgen -f -- "$cur") ;;
    *) __git_signet_take < <(compgen -W "$words" -- "$cur") ;;
  esac
}
complete -F _git_signet git-signet
`;
}

export function zshScript(commands: readonly CommandWords[]): string {
  const described = commands.map(({ name, summary }) => quote(`${name}:${summary}`)).join(' ');
  return `#compdef git-signet
# zsh completion of git-signet; git's own completion finds it for "git signet" by its name
${tables(commands, '__git_signet')}
_git-signet() {
  local given
  if ((CURRENT == 2)); then
    local -a commands=(${described})
    _describe -t commands 'git-signet command' commands
    return
  fi
  given="$(__git_signet_values "$words[2]" "$words[CURRENT-1]")"
  if [[ -z $given && $PREFIX == -* ]]; then given="$(__git_signet_options "$words[2]")"; fi
  if [[ -z $given ]]; then given="$(__git_signet_others "$words[2]")"; fi
  case "$given" in
    '<revisions>') compadd -- \${(f)"$(${REFS} 2>/dev/null)"} ;;
    '<tags>') compadd -- \${(f)"$(${REFS} refs/tags 2>/dev/null)"} ;;
    '<files>') _files ;;
    *) compadd -- \${=given} ;;
  esac
}
if [[ $funcstack[1] == _git-signet ]]; then _git-signet "$@"; else compdef _git-signet git-signet; fi
`;
}

/** Single quotes of fish, in which a backslash escapes. */
const fishQuote = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishWords(words: Words | undefined): string {
  if (words === 'files') return '-r -F';
  if (words === 'revisions') return `-x -a ${fishQuote(`(${REFS} 2>/dev/null)`)}`;
  if (words === 'tags') return `-x -a ${fishQuote(`(${REFS} refs/tags 2>/dev/null)`)}`;
  if (words === 'anything') return '-x';
  return words === undefined ? '' : `-x -a ${fishQuote(words.join(' '))}`;
}

export function fishScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.flatMap(({ name, summary, subcommands, options, positionals }) => {
    const here = `__git_signet_at ${name}`;
    const others = subcommands.length > 0 ? subcommands : positionals;
    return [
      `-n __git_signet_none -f -a ${name} -d ${fishQuote(summary)}`,
      ...[...options].map(([option, words]) =>
        `-n ${fishQuote(here)} -l ${option.slice(2)} ${fishWords(words)}`.trimEnd(),
      ),
      ...(others === 'anything' ? [] : [`-n ${fishQuote(here)} ${fishWords(others)}`]),
    ];
  });
  const both = ['git-signet', 'git'].flatMap((program) =>
    lines.map((line) => `complete -c ${program} ${line}\n`),
  );
  return `# fish completion of git-signet and "git signet"
function __git_signet_words
  set -l words (commandline -opc)
  if test (count $words) -gt 1; and test "$words[1]" = git; and test "$words[2]" = signet
    set -e words[1]
  else if test "$words[1]" = git
    return 1
  end
  printf '%s\\n' $words[2..-1]
end
function __git_signet_none
  set -l words (__git_signet_words); and test (count $words) -eq 0
end
function __git_signet_at
  set -l words (__git_signet_words); and test "$words[1]" = "$argv[1]"
end
# ${names}
${both.join('')}`;
}
