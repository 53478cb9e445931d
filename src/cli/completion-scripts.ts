/**
 * The completion scripts of the shells. Each holds all words itself and starts nothing but git, for names of refs.
 * A ref may be called `$(command)`: bash would expand it while completing, or on Enter, so only plain names are offered.
 */

import { shellQuoted } from '../system/shell.ts';
import type { CommandWords } from './completion-words.ts';
import type { Takes } from './spec.ts';

const PLAIN = '^[A-Za-z0-9._/@+-]+$';
const REFS = "git for-each-ref --format='%(refname:short)'";

/** `<file>`, or the words themselves: what the functions below hand on. */
const asText = (takes: Takes): string =>
  typeof takes === 'string' ? `<${takes}>` : takes.join(' ');

type Arm = readonly [pattern: string, words: string];

/** What may stand at each place: `verify-archive 0`, `verify *`. */
function placesOf({ name, subcommands, positionals, repeated }: CommandWords): readonly Arm[] {
  if (subcommands.length > 0) return [[shellQuoted(`${name} 0`), subcommands.join(' ')]];
  return positionals.map((takes, at) => {
    const last = repeated && at === positionals.length - 1;
    return [last ? `${shellQuoted(`${name} `)}*` : shellQuoted(`${name} ${at}`), asText(takes)];
  });
}

/**
 * Functions in POSIX shell, over a command's words: where it ends and how many words stand behind it, the options of a
 * command, the values of an option, and what may stand at a place.
 */
function tables(commands: readonly CommandWords[]): string {
  const arms = (entries: readonly Arm[]): string =>
    entries.map(([pattern, words]) => `    ${pattern}) echo ${shellQuoted(words)} ;;\n`).join('');
  const options = commands.map(
    ({ name, options }): Arm => [shellQuoted(name), [...options.keys()].join(' ')],
  );
  const values = commands.flatMap(({ name, options }) =>
    [...options].flatMap(([option, takes]): readonly Arm[] =>
      takes === undefined ? [] : [[shellQuoted(`${name} ${option}`), asText(takes)]],
    ),
  );
  return `__git_signet_options() {
  case "$1" in
${arms(options)}  esac
}
__git_signet_values() {
  case "$1 $2" in
${arms(values)}  esac
}
__git_signet_places() {
  case "$1 $2" in
${arms(commands.flatMap(placesOf))}  esac
}
# the command that the words name, how many words stand behind it, and the last word: one a line
__git_signet_read() {
  local name="$1" count=0 last='' word
  shift
  for word; do
    case "$word" in
      = | --*=*) ;;
      -*) ;;
      *)
        if [ -n "$(__git_signet_values "$name" "$last")" ]; then :
        elif [ "$count" = 0 ] && [ -n "$(__git_signet_options "$name $word")" ]; then name="$name $word"
        else count=$((count + 1)); fi
        ;;
    esac
    if [ "$word" != = ]; then last="$word"; fi
  done
  printf '%s\n' "$name" "$count" "$last"
}
# what may follow: the values of the last option, options, or what stands at this place
__git_signet_next() {
  local words
  words="$(__git_signet_values "$1" "$3")"
  if [ -z "$words" ]; then
    case "$4" in -*) words="$(__git_signet_options "$1")" ;; *) words="$(__git_signet_places "$1" "$2")" ;; esac
  fi
  printf '%s\n' "$words"
}
`;
}

const topNames = (commands: readonly CommandWords[]): readonly CommandWords[] =>
  commands.filter(({ name }) => !name.includes(' '));

function bashScript(commands: readonly CommandWords[]): string {
  const names = topNames(commands).map(({ name }) => name);
  return `# bash completion of git-signet, also for "git signet" where git's own is loaded
${tables(commands)}
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
  local at words name count last cur="\${COMP_WORDS[COMP_CWORD]}"
  for ((at = 0; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in signet | git-signet | */git-signet) break ;; esac
  done
  at=$((at + 1))
  COMPREPLY=()
  if [[ $cur == = ]]; then cur=''; fi
  if ((COMP_CWORD <= at)); then
    words=${shellQuoted(names.join(' '))}
  else
    { read -r name; read -r count; read -r last; } < <(__git_signet_read "\${COMP_WORDS[@]:at:COMP_CWORD-at}")
    words="$(__git_signet_next "$name" "$count" "$last" "$cur")"
  fi
  case "$words" in
    '<text>' | '') ;;
    '<revision>') __git_signet_refs refs/heads refs/tags refs/remotes ;;
    '<tag>') __git_signet_refs refs/tags ;;
    '<file>') compopt -o filenames 2>/dev/null; __git_signet_take < <(compgen -f -- "$cur") ;;
    '<directory>') compopt -o filenames 2>/dev/null; __git_signet_take < <(compgen -d -- "$cur") ;;
    *) __git_signet_take < <(compgen -W "$words" -- "$cur") ;;
  esac
}
complete -F _git_signet git-signet
`;
}

function zshScript(commands: readonly CommandWords[]): string {
  const described = topNames(commands).map(({ name, summary }) =>
    shellQuoted(`${name}:${summary}`),
  );
  return `#compdef git-signet
# zsh completion of git-signet; git's own completion finds it for "git signet" by its name
${tables(commands)}
_git-signet() {
  local given
  if ((CURRENT == 2)); then
    local -a commands=(${described.join(' ')})
    _describe -t commands 'git-signet command' commands
    return
  fi
  local -a read=("\${(@f)$(__git_signet_read "\${(@)words[2,CURRENT-1]}")}")
  given="$(__git_signet_next "$read[1]" "$read[2]" "$read[3]" "$PREFIX")"
  case "$given" in
    '<text>' | '') ;;
    '<revision>') compadd -- \${(f)"$(${REFS} 2>/dev/null)"} ;;
    '<tag>') compadd -- \${(f)"$(${REFS} refs/tags 2>/dev/null)"} ;;
    '<file>') _files ;;
    '<directory>') _files -/ ;;
    *) compadd -- \${=given} ;;
  esac
}
if [[ $funcstack[1] == _git-signet ]]; then _git-signet "$@"; else compdef _git-signet git-signet; fi
`;
}

/** Single quotes of fish, in which a backslash escapes. */
const fishQuote = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishWords(takes: Takes): string {
  if (takes === 'file') return '-F';
  if (takes === 'directory') return "-a '(__fish_complete_directories)'";
  if (takes === 'revision') return `-a ${fishQuote(`(${REFS} 2>/dev/null)`)}`;
  if (takes === 'tag') return `-a ${fishQuote(`(${REFS} refs/tags 2>/dev/null)`)}`;
  return typeof takes === 'string' ? '' : `-a ${fishQuote(takes.join(' '))}`;
}

function fishLines(words: CommandWords): readonly string[] {
  const { name, summary, subcommands, options, positionals, repeated } = words;
  const [parent = '', below] = name.split(' ');
  const named =
    below === undefined
      ? `-n __git_signet_none -a ${name} -d ${fishQuote(summary)}`
      : `-n ${fishQuote(`__git_signet_at 0 ${parent}`)} -a ${below} -d ${fishQuote(summary)}`;
  const here = (place: string): string => `-n ${fishQuote(`__git_signet_at ${place} ${name}`)}`;
  return [
    named,
    ...[...options].map(([option, takes]) => {
      const value =
        takes === undefined ? '' : ` ${takes === 'file' ? '-r' : '-x'} ${fishWords(takes)}`;
      return `${here("'*'")} -l ${option.slice(2)}${value}`.trimEnd();
    }),
    ...(subcommands.length > 0 ? [] : positionals).flatMap((takes, at) => {
      const last = repeated && at === positionals.length - 1;
      const words = fishWords(takes);
      return words === '' ? [] : [`${here(last ? "'*'" : String(at))} ${words}`];
    }),
  ];
}

/** fish's own completion of git asks this one for "git signet". */
function fishScript(commands: readonly CommandWords[]): string {
  const paths = commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name);
  const valued = commands.flatMap(({ name, options }) =>
    [...options].filter(([, takes]) => takes !== undefined).map(([option]) => `${name} ${option}`),
  );
  return `# fish completion of git-signet, which fish's own completion of git asks for "git signet"
set -g __git_signet_paths ${paths.map(fishQuote).join(' ')}
set -g __git_signet_valued ${valued.map(fishQuote).join(' ')}
function __git_signet_none
  test (count (commandline -opc)) -eq 1
end
# succeeds at that place behind that command: __git_signet_at PLACE COMMAND [SUBCOMMAND]
function __git_signet_at
  set -l words (commandline -opc)
  set -l name $words[2]
  set -l count 0
  set -l last ''
  test (count $words) -gt 1; or return 1
  for word in $words[3..-1]
    if not string match -q -- '-*' "$word"; and not contains -- "$name $last" $__git_signet_valued
      if test $count -eq 0; and contains -- "$name $word" $__git_signet_paths
        set name "$name $word"
      else
        set count (math $count + 1)
      end
    end
    set last "$word"
  end
  test "$name" = "$argv[2..-1]"; or return 1
  test "$argv[1]" = '*'; or test "$argv[1]" = $count
end
complete -c git-signet -f
${commands
  .flatMap(fishLines)
  .map((line) => `complete -c git-signet ${line}\n`)
  .join('')}`;
}

/** The script of each shell. */
export const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
