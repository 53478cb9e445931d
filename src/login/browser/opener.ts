/**
 * Opens an address in a browser with `signet.urlOpener`, `BROWSER`, or the desktop's own program, in this order. No shell
 * runs it, and the address is always one argument. The child inherits no stream, so that nothing it prints can become a
 * signature. The program waits for it only long enough to see a failure, so a browser in the foreground delays nothing.
 */

import { delimiter, isAbsolute } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Environment } from '../../system/environment.ts';
import { findExecutable } from '../../system/process.ts';
import { programWords } from '../../system/runtime.ts';

/** Opens an address. Resolves when that seems to have worked, and rejects if the program fails at once. */
export type Opener = (url: string) => Promise<void>;

type Source = 'signet.urlOpener' | 'BROWSER';

/**
 * Splits an opener's command at blanks outside single and double quotes. A backslash has no special meaning.
 * @throws ConfigError if a quote is not closed, or if the command has several lines
 */
export function splitWords(command: string, source: Source): readonly string[] {
  if (/[\r\n\0]/.test(command)) throw bad('it has several lines', source);
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"[^"]*"|[^\s'"])+)/y;
  let end = 0;
  for (let match = pattern.exec(command); match !== null; match = pattern.exec(command)) {
    end = pattern.lastIndex;
    words.push(
      (match[1] ?? '').replaceAll(
        /'([^']*)'|"([^"]*)"/g,
        (_whole, single, double) => single ?? double ?? '',
      ),
    );
  }
  if (command.slice(end).trim() !== '') throw bad('a quote is not closed', source);
  return words;
}

function bad(problem: string, source: Source = 'signet.urlOpener'): ConfigError {
  const example = "git config --global signet.urlOpener 'firefox -P work {url}'";
  return new ConfigError(`${source}: ${problem}`, {
    hint: source === 'BROWSER' ? `unset BROWSER, or: ${example}` : `for example: ${example}`,
  });
}

const PLACEHOLDER = /\{\{\s*\.URL\s*\}\}|\{url\}/g;

/**
 * Checks `signet.urlOpener` before a login starts. `{url}`, or gitsign's `{{.URL}}`, stands for the address.
 * @throws ConfigError
 */
export function commandOpener(command: string, env: Environment): Opener {
  const [name, ...args] = splitWords(command, 'signet.urlOpener');
  if (name === undefined) throw bad('it is empty');
  if (!args.some((arg) => arg.search(PLACEHOLDER) !== -1)) throw bad('it has no {url}');
  if (args.some((arg) => arg.replaceAll(PLACEHOLDER, '').includes('{{')))
    throw bad('only {{.URL}} may stand in braces');
  const program = findExecutable(name, env);
  if (program === undefined) throw bad(`there is no program ${name} on PATH`);
  return (url) =>
    start([program, ...args.map((arg) => arg.replaceAll(PLACEHOLDER, () => url))], env);
}

/** Reads BROWSER: commands separated by colons. `%s` stands for the address, which otherwise comes last. The first that exists is used. */
function browserOpener(list: string, env: Environment): Opener | undefined {
  for (const command of list.split(':')) {
    const [name, ...args] = splitWords(command, 'BROWSER');
    const program = name === undefined ? undefined : findExecutable(name, env);
    if (program === undefined) continue;
    const template = args.some((arg) => arg.includes('%s')) ? args : [...args, '%s'];
    return (url) =>
      start([program, ...template.map((arg) => arg.replaceAll('%s', () => url))], env);
  }
  return undefined;
}

/**
 * Chooses how to open a page, or undefined if no browser can reach this machine's loopback.
 * @throws ConfigError
 */
export function chooseOpener(
  urlOpener: string | undefined,
  env: Environment,
  platform: NodeJS.Platform,
): Opener | undefined {
  if (urlOpener !== undefined && urlOpener !== '') return commandOpener(urlOpener, env);
  // a codespace forwards its ports under other host names, which the listener must refuse (threat O06)
  if (env['CODESPACES']) return undefined;
  const browser = env['BROWSER'] ? browserOpener(env['BROWSER'], env) : undefined;
  // over SSH the user's browser runs on another machine, unless an editor's helper forwards the page
  if (isRemote(env)) return env['VSCODE_IPC_HOOK_CLI'] ? browser : undefined;
  if (browser !== undefined) return browser;
  if (platform === 'win32' || platform === 'darwin') return libraryOpener(env);
  // in WSL, Windows' programs may be out of reach, and Linux may have a desktop of its own
  if (env['WSL_DISTRO_NAME'] && findExecutable('powershell.exe', env) !== undefined) {
    return libraryOpener(env);
  }
  const desktop = env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  return desktop ? firstOf(DESKTOP_OPENERS, env) : undefined;
}

function isRemote(env: Environment): boolean {
  return Boolean(env['SSH_CONNECTION'] || env['SSH_TTY']);
}

const DESKTOP_OPENERS = ['xdg-open', 'x-www-browser', 'www-browser'];

function firstOf(names: readonly string[], env: Environment): Opener | undefined {
  for (const name of names) {
    const program = findExecutable(name, env);
    if (program !== undefined) return (url) => start([program, url], env);
  }
  return undefined;
}

/**
 * Opens pages on macOS, Windows and WSL with the library `open`, in a process of this program (commands/open-browser.ts).
 * That process gets a clean environment, because the library passes its own on. It reads the address on stdin.
 */
function libraryOpener(env: Environment): Opener {
  // macOS finds its program on PATH
  const PATH = env.PATH?.split(delimiter).filter(isAbsolute).join(delimiter);
  const own = PATH === undefined ? env : { ...env, PATH };
  return (url) => start([...programWords(), 'open-browser'], own, url);
}

/** Variables that a browser must not see, by their name, or because the value is a token (threat O10). */
const SECRET_VARIABLE = /TOKEN|SECRET|PASSWORD|^GIT_/;
const TOKEN_VALUE = /eyJ[\w-]{8,}\.[\w-]+\./;

/** Returns the environment without secrets. */
const cleaned = (env: Environment): Environment =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => !SECRET_VARIABLE.test(name) && !TOKEN_VALUE.test(value ?? ''),
    ),
  );

/** Milliseconds after which a program that still runs counts as working. */
export const AT_ONCE = 5000;

/** Starts a program with its arguments. It reads `input` on stdin. */
async function start(
  [program, ...args]: readonly [string, ...string[]],
  env: Environment,
  input?: string,
): Promise<void> {
  const { spawn } = await import('node:child_process');
  const child = spawn(program, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'ignore'],
    detached: true,
    shell: false,
    windowsHide: true,
    env: cleaned(env),
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  child.unref();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, AT_ONCE);
      timer.unref();
      child.once('error', reject);
      child.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error('the opener failed'));
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
