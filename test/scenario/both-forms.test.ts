/**
 * The executable and the Node bundle give the same, right answers: every object that the real gitsign signed, with no
 * network, through git's call, through `verify` and through `verify`'s worker threads. A person can log in at the
 * sandbox of either.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectResult } from '../../src/report/json.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import {
  run,
  runMeanwhile,
  type ScratchRepository,
  scratchRepository,
} from '../support/git-repository.ts';
import { vectors } from '../support/gitsign-vectors.ts';
import { answerDevice } from '../support/person.ts';
import { scratchDirectory, scratchSandbox } from '../support/sandbox.ts';
import { testMirror } from '../support/tuf-mirror.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CLICK = fileURLToPath(new URL('../support/click.ts', import.meta.url));
const trustedRoot = join(root, 'test/vectors/gitsign/trust/trusted_root.json');
const FORMS: readonly (readonly [name: string, program: string, before: readonly string[]])[] = [
  ['executable', join(root, 'dist/git-signet'), []],
  // the flag: see test/vitest.config.ts
  [
    'Node bundle',
    process.execPath,
    ['--no-memory-protection-keys', join(root, 'dist/node/git-signet.cjs')],
  ],
];
const embedded = vectors.filter(
  ({ found, file }) =>
    found === undefined &&
    !/^(tampered\/1[13]|sha256\/02|tsa\/06|tags\/02|legacy\/02|online)/.test(file),
);
const JUDGE = [
  'verify',
  '--stdin',
  '--format',
  'jsonl',
  '--unsafe-any-identity',
  '--offline',
].concat('--trusted-root', trustedRoot);

/** Runs in a network namespace that has no route, where this user may make one. */
const unshare = spawnSync('unshare', ['-n', 'true']).status === 0 ? ['unshare', '-n', '--'] : [];

let repository: ScratchRepository;
/** A mirror that was asked once, and is gone: what it served is on disk. */
let mirror = '';
beforeAll(async () => {
  repository = scratchRepository('forms');
  const served = await testMirror();
  await served.client(join(repository.home, '.local/share/git-signet/trust')).refresh();
  await served.close();
  mirror = served.setting;
  for (const { type, raw, format } of vectors) if (format === 'sha1') repository.write(type, raw);
});

describe.each(FORMS)('the %s', (_name, program, before) => {
  const call = (args: readonly string[], input: Uint8Array | string, trust = trustedRoot) => {
    const [first = program, ...rest] = [...unshare, program, ...before, ...args];
    const env = { ...repository.env, SIGNET_TRUST: trust };
    return run(first, rest, { cwd: repository.path, env, input: Buffer.from(input) });
  };

  it('the form judges every vector as git asks, offline', () => {
    const file = join(repository.home, 'signature');
    for (const vector of embedded) {
      writeFileSync(file, vector.signature);
      const ran = call(['--status-fd=1', '--verify', file, '-'], vector.payload);
      const good = vector.expected === 'valid';
      expect([vector.file, /\n\[GNUPG:\] GOODSIG /.test(ran.out), ran.exit]).toEqual([
        vector.file,
        good,
        good ? 0 : 1,
      ]);
    }
  });

  it('a trust root that a mirror served is proved again from disk, offline (T01)', () => {
    const file = join(repository.home, 'signature');
    for (const vector of embedded.slice(0, 6)) {
      writeFileSync(file, vector.signature);
      const ran = call(['--status-fd=1', '--verify', file, '-'], vector.payload, mirror);
      const good = vector.expected === 'valid';
      expect([vector.file, ran.exit, ran.err]).toEqual([
        vector.file,
        good ? 0 : 1,
        expect.not.stringContaining('trust root kept for'),
      ]);
    }
    const ids = embedded.filter(({ format }) => format === 'sha1').map(({ id }) => id);
    // each line also says which trust root it was judged by
    const judge = (trust: string): string =>
      call(
        [...JUDGE, '--jobs', '2', '--trusted-root', trust],
        `${ids.join('\n')}\n`,
      ).out.replaceAll(/,"trust":\{.*$/gm, '');
    expect(judge(mirror)).toBe(judge(trustedRoot));
    expect(judge(mirror).match(/"status":"verified"/g)?.length).toBeGreaterThan(10);
  });

  it('the form judges the vectors in one process, and in worker threads', () => {
    const ids = embedded.filter(({ format }) => format === 'sha1').map(({ id }) => id);
    const many = Array.from({ length: 8 }, () => ids).flat();
    const judged = (input: readonly string[], ...flags: string[]) => {
      const { out } = call([...JUDGE, ...flags], `${input.join('\n')}\n`);
      const results = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ObjectResult);
      return results.map(({ objectId, status }) => [objectId, status]);
    };
    const expected = new Map(
      embedded.map(({ id, expected: verdict }) => [
        id,
        verdict === 'valid' ? 'verified' : 'refused',
      ]),
    );
    expect(judged(ids)).toEqual(ids.map((id) => [id, expected.get(id)]));
    expect(judged(many, '--jobs', '2')).toEqual(many.map((id) => [id, expected.get(id)]));
  });
});

describe.each(FORMS)('the %s where its directory was removed', (_name, program, before) => {
  it.each([['--status-fd=2 -bsau x'], ['verify HEAD']])('the error is said: %s', (words) => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"`;
    const args = ['-c', script, program, ...before, ...words.split(' ')];
    const { exit, out, err } = run('sh', args, { cwd: repository.home, env: repository.env });
    expect([exit === 0, out]).toEqual([false, '']);
    expect(err).toMatch(/directory was (?:removed|deleted)/);
    expect(err).not.toMatch(/bug|\n\s+at /);
  });
});

// at once: who logs in elsewhere is asked for every five seconds
describe.concurrent.each(FORMS)('a person at the sandbox of the %s', (_name, program, before) => {
  const inSandbox = (...command: readonly string[]) =>
    [...before, 'sandbox', 'run', '--browser', '--', ...command] as const;

  it('the form logs in with a browser, and signs', async () => {
    const { path: cwd, env } = scratchRepository('person');
    const browser = `${process.execPath} ${CLICK} %s alice@example.test`;
    const story = 'git commit -q --allow-empty -S -m one && git log -1 --format="%G? %GS"';
    const ran = await runMeanwhile(program, inSandbox('sh', '-c', story), {
      cwd,
      env: { ...env, BROWSER: browser },
    });
    expect([ran.exit, ran.out, ran.err]).toEqual([0, expect.stringMatching(/^U alice@ex/), '']);
  });

  it.each([
    ['agree', 'alice@example.test', 0, 'logged in as alice@example.test'],
    ['deny', undefined, 4, 'the login was refused'],
  ] as const)('the answer on another device is %s (O11)', async (answer, user, exit, last) => {
    const { path: cwd, env } = scratchRepository('person');
    const child = spawn(program, inSandbox(program, ...before, 'login', '--device'), {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      let said = '';
      for await (const chunk of child.stderr) {
        const invited = /open (\S+) and enter (\S+) /.exec(String(chunk));
        if (invited !== null) await answerDevice(invited[1] ?? '', invited[2] ?? '', answer, user);
        said += chunk;
      }
      expect([await ended, said]).toEqual([exit, expect.stringContaining(last)]);
    } finally {
      child.kill();
    }
  });
});

describe('what a run leaves behind', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await scratchSandbox();
  });
  afterAll(() => sandbox.close());

  it.each(FORMS)(
    'the %s writes no temporary file, signing or verifying (I11)',
    async (_name, program, before) => {
      const scratch = scratchDirectory('tmp');
      const temporary = join(scratch, 'tmp');
      mkdirSync(temporary);
      const wrapper = join(scratch, 'git-signet');
      const words = [program, ...before].map((word) => `'${word}'`).join(' ');
      writeFileSync(wrapper, `#!/bin/sh\nTMPDIR='${temporary}' exec ${words} "$@"\n`, {
        mode: 0o755,
      });
      const env = {
        ...sandbox.env,
        SIGSTORE_ID_TOKEN: await sandbox.mintToken({ email: 'alice@example.test' }),
      };
      const mine = scratchRepository('leaves', { 'gpg.x509.program': wrapper });
      const signed = await mine.gitMeanwhile(
        { env },
        'commit',
        '--allow-empty',
        '-S',
        '-m',
        'signed',
      );
      expect([signed.exit, signed.err]).toEqual([0, expect.any(String)]);
      const verified = await mine.gitMeanwhile({ env }, 'verify-commit', 'HEAD');
      expect([verified.exit, verified.err]).toEqual([0, expect.stringContaining('good signature')]);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});
