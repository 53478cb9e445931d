/**
 * A user clones a repository, or unpacks one with a `.git/config` that its maker wrote, and works there. What our own
 * commands do, what git's two calls do, and what `git signet allow` shows.
 */

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  run,
  runMeanwhile,
  type ScratchRepository,
  scratchRepository,
} from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram, haveTools } from '../support/tools.ts';
import {
  commitPayload,
  resultsOf,
  type Signing,
  signer,
  signet,
} from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const mallorys = useSandbox();
const vectors = fileURLToPath(new URL('../vectors/', import.meta.url));

/** What came to a server of mallory's. */
const reached: string[] = [];
let server: Server;
let evil = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.writeHead(500).end();
  });
  server.on('connect', (request, socket) => {
    reached.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 no\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  evil = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const MALLORY: Signing = { email: 'mallory@example.test' };

/** Alice's own configuration names her instance and her policy; the clone has nothing but what a test puts there. */
async function clone(name: string, config: Readonly<Record<string, string>> = {}) {
  const { urls, files } = sandbox();
  const repository = scratchRepository(`hostile-${name}`, {
    'signet.trust': files.clientTrustConfig,
    'signet.publishIdentity': 'yes',
    'signet.offline': 'false',
    ...config,
  });
  const file = (of: string, email: string): string => {
    const path = join(repository.home, `${of}.yaml`);
    const issuer = urls.issuer;
    writeFileSync(
      path,
      `version: 1\nsigners:\n  - {name: ${of}, identity: ${email}, issuer: '${issuer}'}\n`,
    );
    return path;
  };
  const mine = file('alice', 'alice@example.test');
  const theirs = file('mallory', 'mallory@example.test');
  repository.must('config', '--global', 'signet.policy', mine);
  const make = signer(repository, sandbox());
  const base = await make.commit({ subject: 'base' });
  const tip = await make.commit({ parents: [base], subject: 'theirs' }, MALLORY);
  repository.must('update-ref', 'refs/heads/main', tip);
  const set = (key: string, value: string): void => void repository.must('config', key, value);
  return { repository, mine, theirs, base, tip, make, set };
}

/** A program that leaves a trace, and does nothing. */
function traced(repository: ScratchRepository, name: string) {
  const program = join(repository.home, name);
  const trace = `${program}.ran`;
  writeFileSync(program, `#!/bin/sh\necho "$@" >> '${trace}'\nexit 1\n`);
  chmodSync(program, 0o755);
  return { program, ran: () => existsSync(trace) };
}

async function commits(repository: ScratchRepository, more: Record<string, string> = {}) {
  const SIGSTORE_ID_TOKEN = await sandbox().mintToken({ email: 'alice@example.test' });
  const args = ['commit', '-q', '--allow-empty', '-S', '-m', 'mine'];
  return repository.gitMeanwhile({ env: { SIGSTORE_ID_TOKEN, ...more } }, ...args);
}

/** The program as git starts it: git 2.39 keeps to itself what it says when it fails. */
async function signs({ path, env }: ScratchRepository) {
  const SIGSTORE_ID_TOKEN = await sandbox().mintToken({ email: 'alice@example.test' });
  return runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'alice'], {
    cwd: path,
    env: { ...env, SIGSTORE_ID_TOKEN },
    input: Buffer.from(commitPayload()),
  });
}

const says = (key: string): unknown =>
  expect.stringContaining(
    `git-signet: ignored what this repository sets: ${key}. To allow it: git signet allow\n`,
  );

describe('each such setting of a repository, alone', async () => {
  const rows: readonly (readonly [key: string, value: () => string])[] = [
    ['signet.policy', () => '/theirs.yaml'],
    ['signet.since', () => 'HEAD'],
    ['signet.trust', () => mallorys().files.clientTrustConfig],
    ['signet.urlOpener', () => '/theirs/opener {url}'],
    ['signet.fulcioUrl', () => evil],
    ['signet.x509Fallback', () => '/theirs/gpgsm'],
    ['signet.logPath', () => '/theirs/log'],
    ['signet.proxy', () => evil],
    ['signet.caFile', () => '/theirs/ca.pem'],
    ['signet.rekorUrl', () => evil],
    ['signet.issuer', () => evil],
    ['signet.tokenFile', () => '/home/alice/.ssh/id'],
    ['signet.trustWithoutPolicy', () => 'full'],
    ['signet.log', () => 'none'],
    ['gitsign.fulcio', () => evil],
    ['gitsign.rekor', () => evil],
    ['gitsign.urlopener', () => '/theirs/opener'],
    ['gitsign.logpath', () => '/theirs/log'],
    ['gitsign.fulcioroot', () => '/theirs/root.pem'],
  ];
  it.each(rows)(
    '%s: each of our commands ignores it and says so, and allow and init show it (P20, P21)',
    async (key, value) => {
      const { repository, set, base } = await clone('each');
      set(key, value());
      const shown = `${key} = ${value()}   (.git/config)`;
      const asked = [
        ['verify', '--format', 'json', base],
        ['trust', 'show'],
        ['policy', 'init', base],
        ['status'],
        ['verify', base],
      ];
      for (const args of asked) {
        const answered = await signet(repository, args);
        // there is no login
        const exit = args[0] === 'status' ? 4 : 0;
        expect([args[0], answered.exit, answered.talk]).toEqual([args[0], exit, says(key)]);
      }
      const { out } = await signet(repository, ['verify', '--format', 'json', base]);
      expect(JSON.parse(out)).toMatchObject({ ignored: [{ setting: key, origin: '.git/config' }] });
      const doctor = await signet(repository, ['doctor', '--offline', '--json']);
      expect(JSON.parse(doctor.out)).toMatchObject({
        checks: expect.arrayContaining([
          {
            ...{ name: 'repository', level: 'warn', remedy: 'git signet allow' },
            detail: `does not count until you allow it: ${key} (.git/config)`,
          },
        ]),
      });
      // a command of ours that writes here allows what it wrote, not what it found
      const init = run(programUnderTest(), ['init'], {
        cwd: repository.path,
        env: {
          ...repository.env,
          PATH: `${dirname(programUnderTest())}:${repository.env['PATH']}`,
        },
      });
      expect([init.exit, init.err]).toEqual([0, expect.stringContaining(`  ${shown}\n`)]);
      expect((await signet(repository, ['trust', 'show'])).talk).toEqual(says(key));
      const allowed = await signet(repository, ['allow']);
      expect([allowed.exit, allowed.out]).toEqual([0, expect.stringContaining(`  ${shown}\n`)]);
      // which may be an error now: it counts
      expect((await signet(repository, ['trust', 'show'])).talk).not.toContain('ignored');
      set(key, `${value()}-changed`);
      if (key === 'signet.log' || key === 'signet.trustWithoutPolicy') return;
      expect((await signet(repository, ['trust', 'show'])).talk).toEqual(says(key));
    },
  );

  it('what only the person sets is never allowed: keyring, lifetimes of the agent, its second socket (P21)', async () => {
    const { repository, set, base } = await clone('own');
    set('signet.keyring', 'true');
    set('signet.forwardConfirm', '/theirs/program');
    const allowed = await signet(repository, ['allow']);
    expect(allowed.out).toMatch(
      /^nothing to allow in .*\nnot allowed:\n {2}signet\.keyring = true/,
    );
    expect((await signet(repository, ['verify', base])).talk).toContain(
      'ignored what this repository sets: signet.keyring, signet.forwardConfirm. It counts from git config --global only',
    );
  });
});

describe('a policy of the clone', async () => {
  it('a policy that the repository sets lets no signer pass before the user allows it, nor after it changes (P20)', async () => {
    const { repository, theirs, tip, set } = await clone('policy');
    const letter = () => repository.must('log', '-1', '--format=%G?', tip);
    const gate = () => signet(repository, ['verify', '--format', 'jsonl', tip]);
    set('signet.policy', theirs);
    expect([(await gate()).exit, letter()]).toEqual([6, 'U']);
    await signet(repository, ['allow']);
    const allowed = await gate();
    expect([allowed.exit, letter(), allowed.talk]).toEqual([0, 'G', '']);
    expect(resultsOf(allowed)[0]).toMatchObject({
      policy: { source: theirs, origin: 'signet.policy (.git/config)' },
      trust: { origin: expect.stringMatching(/^signet\.trust \(\/.*gitconfig\)$/) },
      ...{ since: null, ignored: [] },
    });
    const copy = join(repository.home, 'copy.yaml');
    writeFileSync(copy, readFileSync(theirs));
    set('signet.policy', copy);
    expect([(await gate()).exit, letter()]).toEqual([6, 'U']);
  });

  it('a policy of the repository alone gives U, and git keeps nothing of it (P20)', async () => {
    const { repository, theirs, tip, set } = await clone('no-policy');
    repository.must('config', '--global', '--unset', 'signet.policy');
    set('signet.policy', theirs);
    const [letter, ...said] = repository.must('log', '-1', '--format=%G?%n%GG', tip).split('\n');
    expect([letter, said.join('\n')]).toEqual(['U', expect.not.stringContaining('allow')]);
  });

  it.skipIf(!haveTools('script'))('… and a line at the terminal, once a day', async () => {
    const { repository, theirs, tip, set } = await clone('terminal');
    set('signet.policy', theirs);
    const { GIT_TERMINAL_PROMPT: _, ...env } = repository.env;
    const at = (more: Record<string, string> = {}): string =>
      run(
        findProgram('script', env) ?? 'script',
        ['-q', '-c', `git verify-commit ${tip}`, '/dev/null'],
        {
          cwd: repository.path,
          env: { ...env, ...more },
        },
      ).out;
    const line = 'ignored what this repository sets: signet.policy. To allow it: git signet allow';
    expect(at({ GIT_PAGER_IN_USE: 'true' })).not.toContain(line);
    expect(at()).toContain(line);
    expect(at()).not.toContain(line);
  });

  it('a value that is allowed in a worktree counts in the clone too (P20)', async () => {
    const { repository, theirs, tip } = await clone('worktree');
    repository.must('config', 'extensions.worktreeConfig', 'true');
    repository.must('config', '--worktree', 'signet.policy', theirs);
    expect(await signet(repository, ['verify', tip])).toMatchObject({
      exit: 6,
      talk: says('signet.policy'),
    });
    expect(repository.must('log', '-1', '--format=%G?', tip)).toBe('U');
  });

  it('that the person includes for that directory is the person’s', async () => {
    const { repository, theirs, tip } = await clone('include');
    const more = join(repository.home, 'more');
    writeFileSync(more, `[signet]\n\tpolicy = ${theirs}\n`);
    repository.must('config', '--global', `includeIf.gitdir:${repository.path}/.path`, more);
    expect(await signet(repository, ['verify', tip])).toMatchObject({ exit: 0, talk: '' });
  });
});

it('signet.since of the clone drops no commit, not beside a typed policy either (P20)', async () => {
  const { repository, mine, base, tip, set } = await clone('since');
  set('signet.since', tip);
  const range = ['verify', '--policy', mine, `${base}..main`];
  expect(await signet(repository, range)).toMatchObject({ exit: 6, talk: says('signet.since') });
  await signet(repository, ['allow']);
  // it counts now: nothing is left to judge
  expect((await signet(repository, range)).exit).toBe(2);
  const typed = await signet(repository, [...range, '--format', 'json', '--since', base]);
  expect(JSON.parse(typed.out)).toMatchObject({ since: { commit: base, origin: '--since' } });
});

it('signet.trust of the clone makes no forger’s signature good (P20)', async () => {
  const { repository, set } = await clone('trust');
  const forged = await signer(repository, mallorys()).commit({ subject: 'forged' });
  const issuer = mallorys().urls.issuer;
  const who = ['--certificate-identity', 'alice@example.test', '--certificate-oidc-issuer', issuer];
  set('signet.trust', mallorys().files.clientTrustConfig);
  const gate = await signet(repository, ['verify', ...who, forged]);
  expect([gate.exit, gate.talk]).toEqual([1, says('signet.trust')]);
  expect(repository.must('log', '-1', '--format=%G?', forged)).toBe('E');
  await signet(repository, ['allow']);
  expect((await signet(repository, ['verify', ...who, forged])).exit).toBe(0);
  expect(repository.must('log', '-1', '--format=%G?', forged)).toBe('U');
});

describe('what runs, and where a token goes', () => {
  const token = () => sandbox().mintToken({ email: 'alice@example.test' });
  /** Logs in as a person would who has a token, without an agent to keep it. */
  const login = async (repository: ScratchRepository, input?: string) =>
    runMeanwhile(programUnderTest(), ['login', ...(input === undefined ? [] : ['--token-stdin'])], {
      cwd: repository.path,
      env: {
        ...repository.env,
        SIGNET_AGENT: 'yes',
        SIGNET_AGENT_IDLE: '20',
        XDG_RUNTIME_DIR: runtime(repository),
      },
      ...(input === undefined ? {} : { input: Buffer.from(input) }),
    });
  function runtime({ home }: ScratchRepository): string {
    const path = join(home, 'run');
    mkdirSync(path, { mode: 0o700, recursive: true });
    return path;
  }
  const end = ({ path, env, home }: ScratchRepository) =>
    run(programUnderTest(), ['agent', 'stop', '--all'], {
      cwd: path,
      env: { ...env, XDG_RUNTIME_DIR: join(home, 'run') },
    });

  it('signet.fulcioUrl: a login sends no token there, but git’s own call does, as git runs any program (P21)', async () => {
    const { repository, set } = await clone('fulcio');
    set('signet.fulcioUrl', evil);
    reached.length = 0;
    const logged = await login(repository, await token());
    expect([logged.exit, logged.err, reached]).toEqual([0, says('signet.fulcioUrl'), []]);
    end(repository);
    const made = await commits(repository);
    expect([made.exit, reached[0]]).toEqual([128, 'POST /api/v2/signingCert']);
  });

  it('signet.proxy: a login does not go through it (P21)', async () => {
    const { repository, set } = await clone('proxy');
    set('signet.proxy', evil);
    reached.length = 0;
    const logged = await login(repository, await token());
    expect([logged.exit, logged.err, reached]).toEqual([0, says('signet.proxy'), []]);
    end(repository);
  });

  it('signet.urlOpener: a login runs the user’s program, and git’s own call runs the repository’s (P21)', async () => {
    const { repository, set } = await clone('opener', { 'signet.loginTimeout': '2' });
    const [mine, theirs] = [traced(repository, 'mine'), traced(repository, 'theirs')];
    repository.must('config', '--global', 'signet.urlOpener', `${mine.program} {url}`);
    set('signet.urlOpener', `${theirs.program} {url}`);
    const logged = await login(repository);
    expect([logged.exit, logged.err]).toEqual([4, says('signet.urlOpener')]);
    expect([mine.ran(), theirs.ran()]).toEqual([true, false]);
    end(repository);
    const made = await repository.gitMeanwhile({}, 'commit', '-S', '--allow-empty', '-m', 'mine');
    expect([made.exit, theirs.ran()]).toEqual([128, true]);
  });

  it('signet.x509Fallback: the gate never runs it, but git’s own call does (P21)', async () => {
    const { repository, set, base } = await clone('fallback');
    const { program, ran } = traced(repository, 'gpgsm');
    set('signet.x509Fallback', program);
    const payload = `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x.test> 1 +0000\ncommitter A <a@x.test> 1 +0000\n\nx\n`;
    const armor = readFileSync(join(vectors, 'foreign/gpgsm.pem'), 'utf8');
    const folded = `gpgsig ${armor.trimEnd().replaceAll('\n', '\n ')}\n`;
    const foreign = repository.write(
      'commit',
      Buffer.from(payload.replace('\n\n', `\n${folded}\n`)),
    );
    expect((await signet(repository, ['verify', foreign])).exit).toBe(3);
    expect((await signet(repository, ['verify', base])).exit).toBe(0);
    expect(ran()).toBe(false);
    repository.git('verify-commit', foreign);
    expect(ran()).toBe(true);
  });

  it('signet.logPath: our commands write nothing there, but git’s own call does (P21)', async () => {
    const { repository, set, base } = await clone('log');
    const log = join(repository.home, 'log');
    set('signet.logPath', log);
    expect((await signet(repository, ['verify', base])).exit).toBe(0);
    const agent = await runMeanwhile(programUnderTest(), ['agent', 'start'], {
      cwd: repository.path,
      env: { ...repository.env, SIGNET_AGENT_IDLE: '20', XDG_RUNTIME_DIR: runtime(repository) },
    });
    expect([agent.exit, existsSync(log)]).toEqual([0, false]);
    end(repository);
    expect(repository.git('verify-commit', base).exit).toBe(0);
    expect(readFileSync(log, 'utf8')).toContain('good signature');
  });

  it('signet.publishIdentity = yes does not overrule the person’s no at a login (P21)', async () => {
    const { repository, set } = await clone('publish', { 'signet.publishIdentity': 'no' });
    set('signet.publishIdentity', 'yes');
    const before = { ...sandbox().requests };
    const logged = await login(repository, await token());
    expect([logged.exit, logged.err]).toEqual([4, says('signet.publishIdentity')]);
    expect(sandbox().requests).toEqual(before);
    expect((await commits(repository)).exit).toBe(0);
  });

  it('signet.publishIdentity = no of a repository is obeyed, also by git’s own call', async () => {
    const { repository, set } = await clone('private');
    set('signet.publishIdentity', 'no');
    const logged = await login(repository, await token());
    expect([logged.exit, logged.err]).toEqual([4, expect.not.stringContaining('ignored')]);
    expect((await commits(repository)).exit).not.toBe(0);
  });
});

describe('a signature that should go elsewhere', () => {
  it('signet.log = none that is not allowed: nothing is signed, for it would become public (P21)', async () => {
    const { repository, set } = await clone('unlogged');
    set('signet.log', 'none');
    const before = { ...sandbox().requests };
    expect((await commits(repository)).exit).toBe(128);
    const made = await signs(repository);
    expect([made.exit, made.out, made.err]).toEqual([
      ...[2, ''],
      expect.stringMatching(/not signed: .*\(signet\.log\).*\n {2}git signet allow\n/),
    ]);
    expect(sandbox().requests).toEqual(before);
  });

  it('resign refuses where the repository names other servers than those it would use (P21)', async () => {
    const { repository, set, base } = await clone('resign');
    const unsigned = signer(repository, sandbox()).unsigned({ parents: [base], subject: 'mine' });
    repository.must('update-ref', 'refs/heads/main', unsigned);
    set('signet.rekorUrl', evil);
    const SIGSTORE_ID_TOKEN = await token();
    const refused = await signet(repository, ['resign', `${base}..main`], {
      env: { SIGSTORE_ID_TOKEN },
    });
    expect([refused.exit, refused.talk]).toEqual([2, expect.stringContaining('not signed: ')]);
    expect(repository.must('rev-parse', 'main')).toBe(unsigned);
  });
  const token = () => sandbox().mintToken({ email: 'alice@example.test' });
});

describe('our own writers', async () => {
  it('policy use validates, writes and allows this setting, and no other setting of the repository', async () => {
    const { repository, theirs, tip, set } = await clone('policy-use');
    set('signet.since', tip);
    const used = await signet(repository, ['policy', 'use', theirs]);
    expect([used.exit, used.talk]).toEqual([0, expect.stringContaining(`signet.since = ${tip}`)]);
    expect(repository.must('config', '--local', 'signet.policy')).toBe(theirs);
    expect(await signet(repository, ['verify', tip])).toMatchObject({
      exit: 0,
      talk: says('signet.since'),
    });
    expect(repository.must('log', '-1', '--format=%G?', tip)).toBe('G');
  });

  it('policy use does not write a file that is no policy, and --global writes the user’s own setting', async () => {
    const { repository, theirs } = await clone('policy-bad');
    const bad = join(repository.home, 'bad.yaml');
    writeFileSync(bad, 'version: 1\n');
    for (const name of [bad, '/nowhere.yaml', 'main:none.yaml']) {
      const { exit, out } = await signet(repository, ['policy', 'use', name]);
      expect([name, exit, out]).toEqual([name, 2, '']);
    }
    expect((await signet(repository, ['policy', 'use'])).exit).toBe(2);
    expect(repository.git('config', '--local', 'signet.policy').exit).toBe(1);
    expect((await signet(repository, ['policy', 'use', '--global', theirs])).exit).toBe(0);
    expect(repository.must('config', '--global', 'signet.policy')).toBe(theirs);
  });

  it('use sets another identity than everywhere else, and it counts at once', async () => {
    const { repository } = await clone('use', { 'signet.identity': 'alice@example.test' });
    repository.must('config', 'signet.identity', 'mallory@example.test');
    expect((await signet(repository, ['trust', 'show'])).talk).toEqual(says('signet.identity'));
    const used = await signet(repository, ['use', 'bob@example.test']);
    expect([used.exit, used.out]).toEqual([
      0,
      expect.stringContaining('bob@example.test signs in this repository'),
    ]);
    expect(await signet(repository, ['trust', 'show'])).toMatchObject({ talk: '' });
    for (const bad of [[], [''], ['a\nb'], ['a', 'b']]) {
      expect((await signet(repository, ['use', ...bad])).exit).toBe(2);
    }
  });

  it('allow is an error outside a repository, and --remove takes everything back', async () => {
    const { repository, theirs, tip, set } = await clone('remove');
    const nowhere = { path: repository.home, env: repository.env };
    expect((await signet(nowhere, ['allow'])).exit).toBe(2);
    expect((await signet(repository, ['allow'])).out).toMatch(/^nothing to allow in /);
    set('signet.policy', theirs);
    await signet(repository, ['allow']);
    expect((await signet(repository, ['verify', tip])).exit).toBe(0);
    expect((await signet(repository, ['allow', '--remove'])).out).toMatch(
      /^nothing is allowed any more in /,
    );
    expect((await signet(repository, ['verify', tip])).exit).toBe(6);
    expect((await signet(repository, ['allow', '--remove'])).out).toBe(
      'nothing was allowed here\n',
    );
  });

  it('allow makes control characters in a value visible', async () => {
    const { repository, set } = await clone('escape');
    set('signet.policy', '/a\u001b[2J\nb');
    expect((await signet(repository, ['allow'])).out).toContain(
      'signet.policy = /a\\x1b[2J\\x0ab   (',
    );
  });
});

it('stricter values of a repository count for every caller, without a message', async () => {
  const { repository, set, make } = await clone('stricter');
  for (const [key, value] of [
    ['signet.matchCommitter', 'true'],
    ['signet.offline', 'true'],
    ['signet.log', 'required'],
    ['signet.ctLog', 'required'],
    ['signet.identity', 'alice@example.test'],
  ] as const)
    set(key, value);
  // signed by alice, committed by another person
  const payload = { author: 'Bob <bob@example.test> 1700000000 +0000' };
  const id = await make.commit(payload);
  expect(await signet(repository, ['verify', id])).toMatchObject({ talk: '' });
  repository.must('config', 'signet.identity', 'bob@example.test');
  const refused = await signs(repository);
  expect([refused.exit, refused.err]).toEqual([4, expect.stringContaining('bob@example.test')]);
  rmSync(repository.home, { recursive: true });
});
