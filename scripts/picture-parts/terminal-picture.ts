/** Records the built program in a pseudo terminal of a fixed size, in the sandbox, and draws what it shows. */

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFixedValues } from './fixed.ts';
import { screenOf } from './screen.ts';
import { svgOf } from './svg.ts';

/** One `git signet sandbox run`. Several runs of a scene share folder, repository and logs. */
export interface SandboxRun {
  /** Options of `git signet sandbox run`. */
  readonly options: readonly string[];
  /** Shell lines that are not shown. They must succeed. */
  readonly before: string;
  /** Commands that are shown with their output. */
  readonly steps: readonly string[];
  /** What the person types after the terminal has shown a text. */
  readonly answers?: readonly (readonly [shown: RegExp, typed: string])[];
}

export interface Scene {
  readonly title: string;
  /** Width of the terminal in letters. It has 40 lines. */
  readonly columns: number;
  readonly runs: readonly SandboxRun[];
}

const CLICK = fileURLToPath(new URL('../../test/support/click.ts', import.meta.url));
const DEADLINE = 60_000;
/** What a program says at the terminal before this line is not shown. */
const MARK = '-- shown from here --';

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** The shell script of one run: what is not shown goes nowhere, and its failure ends the run. */
function scriptOf({ before, steps }: SandboxRun, columns: number): string {
  const shown = steps.map(
    (step) => `printf '\\033[2m$\\033[0m \\033[1m%s\\033[0m\\n' ${quoted(step)}\n${step}\n`,
  );
  return `stty cols ${columns} rows 40
exec 3>&1 4>&2 >>before.log 2>&1
set -e
${before}
set +e
exec >&3 2>&4 3>&- 4>&-
echo ${MARK}
${shown.join('')}git rev-list --all HEAD > "$HOME/hashes"
`;
}

/** Runs a command in a pseudo terminal, and types what is due. Returns what the terminal showed. */
function record(
  command: string,
  options: { readonly cwd: string; readonly env: Record<string, string> },
  answers: NonNullable<SandboxRun['answers']>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      ...options,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const due = [...answers];
    let said = '';
    const deadline = setTimeout(() => child.kill(), DEADLINE);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const [next] = due;
      if (next === undefined || !next[0].test(said)) return;
      due.shift();
      // the program discards what was typed before its question
      setTimeout(() => child.stdin.write(`${next[1]}\r`), 200);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(deadline);
      if (code === null || due.length > 0)
        reject(new Error(`${command} did not end well: ${said}`));
      else resolve(said);
    });
  });
}

/** `program` is copied, because doctor and others show its path. */
function environment(home: string, program: string): Record<string, string> {
  mkdirSync(join(home, 'bin'));
  copyFileSync(program, join(home, 'bin/git-signet'));
  const opener = join(home, 'opener');
  writeFileSync(
    opener,
    `#!/bin/sh\nexec '${process.execPath}' '${CLICK}' "$1" alice@example.test\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(home, '.gitconfig'), `[signet]\n\turlOpener = ${opener} {url}\n`);
  return {
    HOME: home,
    PATH: `${join(home, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
    TMPDIR: home,
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_PAGER: 'cat',
    DISPLAY: ':0',
  };
}

/** Returns what the terminal of a scene showed, raw, and the names of the commits. */
async function recordScene(
  { columns, runs }: Scene,
  program: string,
): Promise<{ readonly output: string; readonly hashes: readonly string[] }> {
  // not in TMPDIR: the length of the path decides where lines break
  const home = mkdtempSync('/tmp/alice-');
  try {
    const env = environment(home, program);
    let output = '';
    for (const run of runs) {
      writeFileSync(join(home, 'scene'), scriptOf(run, columns));
      const words = [
        'git-signet',
        'sandbox',
        'run',
        '--dir',
        join(home, 'sandbox'),
        ...run.options,
      ];
      const command = [...words, '--', 'sh', join(home, 'scene')].map(quoted).join(' ');
      const said = await record(command, { cwd: home, env }, run.answers ?? []);
      const from = said.indexOf(`${MARK}\r\n`);
      if (from < 0) throw new Error(`a run ended before it was shown: ${said}`);
      output += said.slice(from + MARK.length + 2);
    }
    const hashes = readFileSync(join(home, 'hashes'), 'utf8').trim().split('\n');
    return { output, hashes };
  } catch (cause) {
    const log = readFileSync(join(home, 'before.log'), 'utf8');
    throw new Error(`no picture could be made, and before.log was: ${log}`, { cause });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Returns the picture of a scene as SVG, the same bytes as long as the program shows the same. `program`: absolute path. */
export async function terminalPicture(scene: Scene, program: string): Promise<string> {
  const { output, hashes } = await recordScene(scene, program);
  const rows = screenOf(withFixedValues(output, hashes), scene.columns);
  return svgOf(rows, scene.columns, scene.title);
}
