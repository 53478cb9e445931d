/**
 * The commands that the documents show, run as they stand. Each block that is marked `sandbox` runs in the sandbox, in a
 * clone of a repository that has an old, unsigned history.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, run } from '../support/git-repository.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { blocksOf, chapter } from '../support/page-blocks.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { findProgram, haveTools } from '../support/tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const tracked = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((path) => !path.startsWith('test/'));
const commandsOf = (path: string): readonly string[] =>
  blocksOf(read(path)).flatMap(({ runs, code }) => (runs === 'sandbox' ? [code] : []));
const pages = tracked.filter((path) => commandsOf(path).length > 0);

const home = scratchDirectory('documents');
afterAll(() => rmSync(home, { recursive: true, force: true }));
const { GIT_TERMINAL_PROMPT: _, ...bare } = bareEnvironment(home);
// the sandbox itself has to lead git to the program
const env = { ...bare, GIT_PAGER: 'cat', TMPDIR: home, SIGNET_AGENT: 'no' };
const git = (cwd: string, ...args: string[]): Ran => run('git', args, { cwd, env });

/** A clone with a history of two unsigned commits, whose origin takes pushes. */
function cloneFor(name: string): string {
  const [origin, seed, clone] = ['origin.git', 'seed', 'clone'].map((part) =>
    join(home, name, part),
  ) as [string, string, string];
  mkdirSync(join(home, name), { recursive: true });
  git(home, 'init', '-q', '--bare', '-b', 'main', origin);
  git(home, 'init', '-q', '-b', 'main', seed);
  const person = ['-c', 'user.name=Old Hand', '-c', 'user.email=old@example.test'];
  for (const subject of ['parser: begin', 'parser: read numbers']) {
    git(seed, ...person, 'commit', '-q', '--allow-empty', '-m', subject);
  }
  git(seed, 'push', '-q', origin, 'main');
  git(home, 'clone', '-q', origin, clone);
  return clone;
}

/** What the reader does between two blocks: merges what the page told, and works on a branch. */
const MERGE = `git push -q origin HEAD:main
git switch -q -c topic-$(git rev-parse --short HEAD)
git commit -q --allow-empty -m 'parser: refuse trailing bytes'
`;
const scriptOf = (blocks: readonly string[]): string =>
  blocks
    .map((block) => (block.includes('origin/main..HEAD') ? `${MERGE}${block}` : block))
    .join('\n');

const inSandbox = (cwd: string, script: string): Ran =>
  run(programUnderTest(), ['sandbox', 'run', '--', 'sh', '-ec', script], { cwd, env });

describe('the documents', () => {
  it.each(pages)('the commands of %s work in the sandbox as they stand', (path) => {
    const { exit, out, err } = inSandbox(cloneFor(path), scriptOf(commandsOf(path)));
    expect(exit, `${out}\n${err}`).toBe(0);
  });

  it('a command that does not work fails its page', () => {
    expect(inSandbox(cloneFor('wrong'), 'git signet frobnicate\n').exit).toBe(2);
    expect(inSandbox(cloneFor('wrong too'), scriptOf(['git verify-commit HEAD'])).exit).toBe(1);
  });
});

describe('README', () => {
  const readme = read('README.md');

  it('has at most 900 words, and 200 before the first command', () => {
    const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
    expect(words(readme)).toBeLessThanOrEqual(900);
    expect(words(readme.slice(0, readme.indexOf('```')))).toBeLessThanOrEqual(200);
  });

  it.each(['Set up', 'First commit', 'Verify', 'What your forge shows'])(
    'every command below "%s" is one that a test runs',
    (heading) => {
      const blocks = blocksOf(chapter(readme, heading));
      expect(blocks.length).toBeGreaterThan(0);
      expect(blocks.filter(({ runs }) => runs !== 'sandbox')).toEqual([]);
    },
  );

  it('its first commit is signed and verified by alice in the sandbox', () => {
    const { exit, out, err } = inSandbox(
      cloneFor('first'),
      scriptOf([...commandsOf('README.md'), "git log --format='%G? %s'"]),
    );
    expect(exit, err).toBe(0);
    expect(out).toMatch(/^U parser: refuse trailing bytes$/m);
    expect(out).toMatch(/^U policy: name who may sign$/m);
    expect(out).toMatch(/^U first signed commit$/m);
    expect(out).toMatch(/^N parser: read numbers$/m);
    expect(out).toMatch(/^good signature by alice@example\.test /m);
  });
});

describe.skipIf(!haveTools('script'))('a shell in the sandbox', () => {
  let said = '';
  beforeAll(() => {
    const script = findProgram('script', env) ?? 'script';
    const command = `'${programUnderTest()}' sandbox run -- sh`;
    const input = Buffer.from('git signet version\nexit\n');
    said = run(script, ['-qec', command, '/dev/null'], { cwd: home, env, input }).out;
  });

  it('greets with the signer and lines to try, which are commands of the program', () => {
    expect(said).toMatch(/^git-signet: in this shell you sign as alice@example\.test/m);
    expect(said.match(/^ {2}git /gm)).toHaveLength(3);
  });

  it('finds git signet, although PATH of the caller does not lead to it', () => {
    expect(said).toMatch(/git-signet \d\S* \(/);
  });

  it('git signet init there writes a program that outlives the sandbox', () => {
    const script = 'git signet init >&2; git config --local gpg.x509.program';
    const { out, err } = inSandbox(cloneFor('init'), script);
    expect(existsSync(out.trim()), `${out}${err}`).toBe(true);
  });

  it('what it tells to try works as it stands', () => {
    const tried = [...said.matchAll(/^ {2}(git .*?)\r?$/gm)].map(([, line = '']) => line);
    const { exit, out, err } = inSandbox(cloneFor('tried'), tried.join('\n'));
    expect(exit, err).toBe(0);
    expect(out).toContain('first signed commit');
  });

  it('verify and policy explain lead to the page of the reason, at a terminal only', () => {
    const stranger =
      '{name: bob, identity: bob@example.test, issuer: https://accounts.example.test}';
    const asked = `git commit -q --allow-empty -m one
printf 'version: 1\\nsigners: [${stranger}]\\n' > ../signers.yaml
git signet verify --policy ../signers.yaml HEAD
git signet policy explain --policy ../signers.yaml HEAD
true
`;
    const [cwd, page] = [cloneFor('led'), 'why: git signet help identity-not-allowed'];
    writeFileSync(join(cwd, 'asked'), asked);
    const command = `'${programUnderTest()}' sandbox run -- sh asked`;
    const script = findProgram('script', env) ?? 'script';
    const shown = run(script, ['-qec', command, '/dev/null'], { cwd, env }).out;
    expect(shown.split(page)).toHaveLength(3);
    expect(inSandbox(cwd, 'sh asked').out).not.toContain('git signet help');
  });
});
