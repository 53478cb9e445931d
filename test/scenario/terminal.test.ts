/** Every command that prints for people, in a pseudo terminal of 80 columns, and the same command in a pipe. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
let repository: ScratchRepository;
let env: Record<string, string>;

beforeAll(async () => {
  repository = scratchRepository('terminal');
  const make = signer(repository, sandbox());
  const base = await make.commit({ subject: 'begin' });
  const unsigned = make.unsigned({ parents: [base], subject: `${'a long subject '.repeat(8)}` });
  const signed = await make.commit({
    parents: [unsigned],
    subject: 'parser: 名前 refuse trailing bytes',
  });
  repository.must('update-ref', 'refs/heads/main', signed);
  writeFileSync(
    join(repository.path, 'signers.yaml'),
    `version: 1\nsigners:\n  - {name: bob, identity: bob@example.test, issuer: '${sandbox().env['GITSIGN_OIDC_ISSUER'] ?? 'https://i.example'}'}\n`,
  );
  env = {
    ...repository.env,
    ...sandbox().env,
    SIGNET_TRUST: sandbox().files.trustedRoot,
    TERM: 'xterm',
    DISPLAY: '',
  };
});

interface Shown {
  readonly text: string;
  /** As a person reads it: without colours, and without a progress line that was erased. */
  readonly plain: string;
}

const shown = (text: string): Shown => ({
  text,
  plain: text.replaceAll(/[^\n]*\r\x1b\[K/g, '').replaceAll(/\x1b\[[0-9;]*m/g, ''),
});

function inPipe(command: string): Shown {
  const { stdout } = spawnSync('setsid', ['-w', 'sh', '-c', `${command} 2>&1`], {
    cwd: repository.path,
    env,
    encoding: 'utf8',
  });
  return shown(stdout);
}

function atTerminal(command: string, more: Record<string, string> = {}): Shown {
  const { stdout } = spawnSync(
    'script',
    ['-qec', `stty cols 80 rows 24; ${command} 2>&1 < /dev/null`, '/dev/null'],
    { cwd: repository.path, env: { ...env, ...more }, encoding: 'utf8', input: '' },
  );
  return shown(stdout.replaceAll('\r\n', '\n'));
}

/** Columns, counted otherwise than the program does: by the bytes of these texts. */
const columns = (line: string): number => line.length + (line.match(/[名前]/g) ?? []).length;
/** Words whose digits may differ from run to run. */
const words = (text: string): readonly string[] =>
  text.split(/\s+/).map((word) => word.replaceAll(/\d+/g, '0'));

const POLICY = '--policy signers.yaml --offline';

describe.each([
  ['help'],
  ['help settings'],
  ['doctor --offline'],
  ['status'],
  ['show HEAD'],
  ['show HEAD~1'],
  [`verify ${POLICY} HEAD~2..HEAD`],
  [`verify ${POLICY} HEAD`],
  ['verify HEAD'],
  [`policy explain ${POLICY} HEAD`],
  ['policy check signers.yaml'],
  ['policy init'],
  ['trust show'],
  ['use --yes alice@example.test'],
  ['use --undo'],
  ['init'],
  ['init --undo'],
  ['allow'],
  ['resign --dry-run HEAD~2..HEAD'],
  ['agent status'],
  ['version'],
  ['whoami'],
  ['verify --wrong'],
])('git signet %s', (args) => {
  it('fits 80 columns, breaks no word, and writes no escape into a pipe', () => {
    const call = `'${programUnderTest()}' ${args}`;
    const [piped, seen] = [inPipe(call), atTerminal(call)];
    if (!/^(?:use|init)/.test(args)) expect(words(seen.plain)).toEqual(words(piped.plain));
    expect(piped.text).not.toContain('\x1b');
    expect(seen.plain.trim()).not.toBe('');
    const wide = seen.plain.split('\n').filter((line) => columns(line) > 80);
    // only a word that is longer than the line itself
    expect(wide.filter((line) => /\S\s+\S/.test(line.trim()))).toEqual([]);
  });
});

describe('a message to the user while git signs', () => {
  it('is wrapped at the width of the terminal, because git has taken stderr', () => {
    const file = '/nonexistent/a folder with a long name/and another one below it/token';
    const commit = `git -c 'signet.tokenFile=${file}' -c signet.agent=no commit --allow-empty -S -m x`;
    const { plain } = atTerminal(commit, { GIT_TERMINAL_PROMPT: '1' });
    expect(plain).toContain('git-signet: ');
    const said = plain.split('\n').filter((line) => /^(?:git-signet:| {12}\S)/.test(line));
    expect(said.length).toBeGreaterThan(1);
    expect(said.filter((line) => columns(line) > 80)).toEqual([]);
  });
});

describe('colour', () => {
  const doctor = (more: Record<string, string> = {}) =>
    atTerminal(`'${programUnderTest()}' doctor --offline`, more);

  it('repeats the words on a terminal, and goes with NO_COLOR, TERM=dumb and color.ui', () => {
    const coloured = doctor();
    expect(coloured.text).toMatch(/\x1b\[3[123]m(?:ok|warn|fail) *\x1b\[0m/);
    for (const more of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { CLICOLOR: '0' }]) {
      expect(doctor(more).text).not.toContain('\x1b');
    }
    repository.must('config', '--global', 'color.ui', 'false');
    expect(doctor().text).not.toContain('\x1b');
    repository.must('config', '--global', '--unset', 'color.ui');
  });

  it('COLUMNS makes lines shorter', () => {
    const { plain } = doctor({ COLUMNS: '60' });
    const wide = plain.split('\n').filter((line) => columns(line) > 60);
    expect(wide.filter((line) => /\S\s+\S/.test(line.trim()))).toEqual([]);
  });
});
