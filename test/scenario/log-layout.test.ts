/**
 * `git signet log` looks as git log looks: with the marks taken out, the same bytes. What an author wrote into a message, a
 * file name or a name is never taken for a mark.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram } from '../support/tools.ts';
import { type Answered, signer, signet, withSignature } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
let repository: ScratchRepository;
let signed: string;

const UTF8 = { LANG: 'C.UTF-8' };
const log = (...args: readonly string[]): Promise<Answered> =>
  signet(repository, ['log', ...args], { env: UTF8 });
/** The lines of a graph without its pieces, and without marks. */
const textOf = (out: string): readonly string[] =>
  out
    .split('\n')
    .map((line) => line.replace(/^[*|\\/_ .-]*/, '').trimEnd())
    .filter((line) => line !== '' && !line.startsWith('Signed: '));
const unmarked = (out: string): string =>
  out
    .replaceAll(/^(?:Signed: .*\n)/gm, '')
    .replaceAll(
      /[✓✗○?] ([<>=+-]? ?[0-9a-f]{7,40}(?:\t\S+)?(?: \([^)]*\))?) (?:alice|unsigned) +/g,
      '$1 ',
    );

/** Signs what a commit already says, as `git commit -S` would. */
async function signAgain(id: string): Promise<string> {
  const raw = repository.git('cat-file', 'commit', id).bytes;
  const { armor } = await sandbox().issueSignature(raw, {});
  return repository.write('commit', withSignature(raw.toString(), armor));
}

beforeAll(async () => {
  repository = scratchRepository('log-layout');
  const { path, home, must } = repository;
  const policy = join(home, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${sandbox().urls.issuer}'}\n`,
  );
  must('config', '--global', 'signet.policy', policy);
  must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
  const commit = (name: string, message: string): void => {
    mkdirSync(join(path, 'dir'), { recursive: true });
    writeFileSync(join(path, 'dir', name), `${message}\n\n`);
    must('add', '-A');
    must('commit', '-q', '-m', message);
  };
  commit('one', 'one\n\n\ta tab\n  trailing  \n\nünï\tcode\n\nSigned-off-by: A <a@example.test>');
  for (let at = 0; at < 3; at += 1) {
    must('checkout', '-q', '-b', `topic-${at}`, 'main');
    commit(`topic ${at}`, `topic ${at}`);
    must('checkout', '-q', 'main');
    commit(`main ${at}`, `main ${at}\n\nbody`);
    must('merge', '-q', '--no-ff', '-m', `merge topic ${at}`, `topic-${at}`);
  }
  must('merge', '-q', '--no-ff', '-m', 'nothing', 'main');
  must('tag', '-a', '-m', 'v1', 'v1');
  must('notes', 'add', '-m', 'a note\nof two lines', 'HEAD~1');
  must('mv', 'dir/one', 'dir/two');
  must('commit', '-q', '-m', 'move');
  signed = await signAgain(must('rev-parse', 'HEAD'));
  must('reset', '-q', '--hard', signed);
});

const SHOWN: readonly (readonly string[])[] = [
  [],
  ['--oneline'],
  ['--pretty=short'],
  ['--pretty=full', '--no-mailmap'],
  ['--pretty=fuller', '--date=iso'],
  ['--pretty=medium', '-z'],
  ['--oneline', '-z'],
  ['--stat'],
  ['-p', '--abbrev-commit'],
  ['--oneline', '--decorate=full'],
  ['--decorate', '--all', '--source'],
  ['--left-right', 'topic-1...main'],
  ['--boundary', 'topic-1..main'],
  ['--parents', '-3'],
  ['-g', '--date=unix', '-4'],
  ['-g', '--oneline', '-4'],
  ['--follow', '--name-status', '--', 'dir/two'],
  ['--no-notes', '--no-expand-tabs'],
  ['--notes', '--pretty=medium'],
  ['--grep', '--oneline', '--grep=topic'],
  ['--reverse', '--first-parent', '-n', '2'],
];

describe('git signet log', () => {
  it.each(SHOWN.map((args) => [args.join(' '), args] as const))(
    'prints the bytes of git log %s, but for the marks',
    async (_, args) => {
      const { exit, out, talk } = await log(...args);
      expect([exit, talk]).toEqual([0, '']);
      expect(unmarked(out)).toBe(repository.git('log', ...args).out);
      expect(out).not.toBe(unmarked(out));
    },
  );

  it.each([['--oneline'], ['--oneline', '--all', '--decorate']])(
    'prints the graph of git log %s as it is',
    async (...args) => {
      const { out } = await log('--graph', ...args);
      expect(unmarked(out)).toBe(repository.git('log', '--graph', ...args).out);
    },
  );

  it.each([['--pretty=medium'], ['--pretty=fuller'], ['--stat'], ['-p'], ['--all']])(
    'loses no line of git log --graph %s',
    async (...args) => {
      const { out } = await log('--graph', ...args);
      const theirs = repository.git('log', '--graph', ...args).out;
      expect(textOf(out)).toEqual(textOf(theirs));
      const bends = (text: string): number => text.match(/^[| *]*[\\/]/gm)?.length ?? 0;
      expect(bends(out)).toBe(bends(theirs));
    },
  );

  it('colours as git log does when it is told to', async () => {
    const { out } = await log('--color=always', '--decorate', '-3');
    const bare = out.replaceAll(/^Signed: .*\n/gm, '');
    expect(bare).toBe(repository.git('log', '--color=always', '--decorate', '-3').out);
    expect(out).toContain('Signed: \x1b[32m✓\x1b[m alice');
  });

  it('fills the placeholders of a format of one’s own, cut and padded', async () => {
    const format = '--format=%h|%<(8)%GS|%<(6,trunc)%GS|%>(4)%G?|%GT|%s';
    const { out } = await log('-2', format);
    const [first, second] = out.split('\n');
    expect(first).toMatch(/^[0-9a-f]+\|alice@example.*\)\|alic\.\.\| {3}G\|fully\|move$/);
    expect(second).toMatch(/^[0-9a-f]+\| {8}\| {6}\| {3}N\|undefined\|merge topic 2$/);
    repository.must('config', 'pretty.mine', 'format:%h %G?');
    expect((await log('-1', '--pretty=mine')).out).toMatch(/^[0-9a-f]+ G$/);
  });

  it('takes nothing that a commit says for a mark (S10)', async () => {
    const fake = `commit ${signed}\nSigned: ✓ alice`;
    const evil = `deadbeefb${signed}.\ndeadbeefs0.G\n\x1b[32m✓ ${signed.slice(0, 7)} alice\x1b[m`;
    const id = signer(repository, sandbox()).unsigned({ subject: `${fake}\n\n${evil}` });
    for (const format of ['--pretty=medium', '--oneline', '--pretty=short', '--graph']) {
      const { exit, out } = await log('-1', format, id);
      expect([format, exit]).toEqual([format, 0]);
      const marks = out.match(
        /^(?:\* )?(?:Signed: ○ unsigned|○ .* unsigned|ꞏ|\| {1,2}Signed: ○.*| {2}Signed: ○.*)/gm,
      );
      expect([format, marks?.length]).toEqual([format, 1]);
      expect(out.match(/^(?:[* |]{0,2}Signed: ✓|[* ]{0,2}✓)/gm)).toBeNull();
    }
    const { out } = await log('-1', '--format=%G? %b', id);
    expect(out.split('\n')[0]).toBe(`N deadbeefb${signed}.`);
  });

  it('lets no commit move the cursor over a mark (S10)', async () => {
    const up = '\x1b[2A\x1b[2K\u009b2J\rSigned: ✓ alice';
    const raw = `tree ${repository.must('rev-parse', 'HEAD^{tree}')}\nauthor A\x1b[1A <a@example.test> 1700000000 +0000\ncommitter C <c@example.test> 1700000000 +0000\n\n${up}\n\n${up}\n`;
    const id = repository.write('commit', Buffer.from(raw));
    for (const format of ['--pretty=fuller', '--oneline', '--pretty=short']) {
      const { out } = await log('-1', format, id);
      expect(out).toContain('\\x1b[2A\\x1b[2K\\x9b2J\\x0dSigned: ✓ alice');
      expect(out).not.toMatch(/[\x1b\r\u0080-\u009f]/);
    }
  });

  it('shows a person no control character of a patch or of a format of one’s own (S10)', () => {
    const blob = repository
      .gitWith({ input: Buffer.from('a\x1b[1A\rb\u009bc\r\n') }, 'hash-object', '-w', '--stdin')
      .out.trim();
    const tree = repository
      .gitWith({ input: Buffer.from(`100644 blob ${blob}\tevil\n`) }, 'mktree')
      .out.trim();
    const id = repository.must('commit-tree', '-m', 'x\x1b[3Ay', tree);
    const script = findProgram('script', process.env) ?? '';
    const seen = spawnSync(
      script,
      ['-qec', `'${programUnderTest()}' log -p -1 --format='%G? %s' ${id}`, '/dev/null'],
      {
        cwd: repository.path,
        env: { ...repository.env, TERM: 'xterm', GIT_PAGER: 'cat' },
        input: '',
      },
    ).stdout.toString();
    expect(seen).toContain('N x\\x1b[3Ay');
    expect(seen).toMatch(/a\\x1b\[1A\\x0db\\xc2\\x9bc/);
    expect(seen).not.toMatch(/\x1b(?!\[[0-9;]*m)|\u009b/);
  });

  it('draws another number in each run, so that no output of one can mark the next (S10)', async () => {
    const spy = join(repository.home, 'spy');
    mkdirSync(spy, { recursive: true });
    const real = findProgram('git', repository.env) ?? 'git';
    writeFileSync(
      join(spy, 'git'),
      `#!/bin/sh\ncase " $* " in *" log "*) echo "$*" >> '${spy}/asked';; esac\nexec '${real}' "$@"\n`,
      { mode: 0o755 },
    );
    const env = { PATH: `${spy}:${repository.env['PATH']}` };
    for (let run = 0; run < 2; run += 1) {
      await signet(repository, ['log', '-1', '--oneline'], { env });
    }
    const asked = spawnSync('cat', [join(spy, 'asked')]).stdout.toString();
    const numbers = asked.match(/tformat:([0-9a-f]{32})b/g) ?? [];
    expect(new Set(numbers).size).toBe(2);
  });

  it.each([
    [['--pretty=raw'], 'git log --pretty=raw'],
    [['--children'], 'git log --children'],
    [['--pretty=nosuch'], 'git signet log --pretty=medium'],
    [['--format=%<|(20)%GS'], "say how wide it is instead: --format='%<(20)%GS'"],
    [['--graph', '--format=%h%+GS'], "git signet log --graph --format='%h %G? %s'"],
  ])('says what to type instead of %j', async (args, hint) => {
    const { exit, out, talk } = await log(...args);
    expect([exit, out]).toEqual([2, '']);
    expect(talk.split('\n')[1]?.trim()).toBe(hint);
    expect(talk.split('\n')).toHaveLength(3);
  });

  it('marks in ASCII if the locale is not UTF-8', async () => {
    const env = { LANG: 'C.UTF-8', LC_ALL: 'POSIX' };
    const { out } = await signet(repository, ['log', '-2', '--oneline'], { env });
    expect(out).toMatch(/^v [0-9a-f]+ alice {4}move\no [0-9a-f]+ unsigned merge topic 2\n$/);
  });

  it('says in one line what git says of a name that there is not', async () => {
    const { exit, out, talk } = await log('nosuch');
    expect([exit, out, talk.split('\n').length]).toEqual([2, '', 2]);
    expect(talk).toContain("ambiguous argument 'nosuch'");
  });

  it('starts the user’s pager on a terminal, and never one that the repository names (I02)', () => {
    const script = findProgram('script', repository.env) ?? findProgram('script', process.env);
    expect(script).toBeDefined();
    const paged = (env: Record<string, string>): string =>
      spawnSync(script ?? '', ['-qec', `'${programUnderTest()}' log -1 --oneline`, '/dev/null'], {
        cwd: repository.path,
        env: { ...repository.env, ...UTF8, TERM: 'xterm', ...env },
        input: '',
      }).stdout.toString();
    repository.must('config', '--global', 'core.pager', "sed 's/^/global: /'");
    repository.must('config', '--local', 'core.pager', "sed 's/^/local: /'");
    expect(paged({})).toMatch(/^global: \x1b\[32m✓/);
    expect(paged({ GIT_PAGER: "sed 's/^/mine: /'" })).toMatch(/^mine: \x1b\[32m✓/);
    expect(paged({ GIT_PAGER: 'cat', NO_COLOR: '1' })).toMatch(/^✓ /);
  });

  it('names a pager that there is not, and says what to type', () => {
    const script = findProgram('script', process.env) ?? '';
    const { status, stdout } = spawnSync(
      script,
      ['-qec', `'${programUnderTest()}' log -1 --oneline`, '/dev/null'],
      {
        cwd: repository.path,
        env: { ...repository.env, TERM: 'xterm', GIT_PAGER: 'no-such-pager' },
        input: '',
      },
    );
    expect(stdout.toString()).toMatch(
      /git-signet: the pager no-such-pager was not found\r\n {2}git --no-pager signet log\r\n$/,
    );
    expect(status).toBe(2);
  });

  it('ends without a word when Ctrl-C has ended git log, or the reader of the output has gone', async () => {
    const folder = join(repository.home, 'interrupted');
    mkdirSync(folder, { recursive: true });
    const real = findProgram('git', repository.env) ?? 'git';
    const log = `case " $* " in *" log "*) '${real}' "$@"; kill -INT $$;; esac`;
    writeFileSync(join(folder, 'git'), `#!/bin/sh\n${log}\nexec '${real}' "$@"\n`, { mode: 0o755 });
    const env = { PATH: `${folder}:${repository.env['PATH']}` };
    const stopped = await signet(repository, ['log', '-1', '--oneline'], { env });
    expect([stopped.exit, stopped.talk]).toEqual([130, '']);
    expect(stopped.out).toMatch(/^v [0-9a-f]+ alice {4}move/);
    const piped = `'${programUnderTest()}' log | true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = spawnSync('bash', ['-c', piped], {
      cwd: repository.path,
      env: { ...repository.env },
    });
    expect([status, stderr.toString()]).toEqual([141, '']);
  });

  it('runs no program that the repository names for a patch (I02)', async () => {
    const ran = join(repository.home, 'ran');
    writeFileSync(join(repository.path, '.git/info/attributes'), '* diff=evil\n');
    repository.must('config', 'diff.evil.textconv', `touch '${ran}'; cat`);
    const { exit, talk } = await log('-p', '-1', '--', '.');
    repository.must('config', '--unset', 'diff.evil.textconv');
    expect([exit, talk]).toEqual([
      0,
      'git-signet: ignored what this repository sets: diff.evil.textconv\n',
    ]);
    expect(spawnSync('ls', [ran]).status).not.toBe(0);
  });
});
