/** `git signet trust`: which root is in force, who chose it, another one and back; and a gate that asks who chose. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import {
  commitPayload,
  resultsOf,
  signer,
  signet,
  withSignature,
} from '../support/verify-scenario.ts';

let instance: Instance;
beforeAll(async () => {
  instance = await startInstance();
});
afterAll(() => instance.close());

const fresh = (name: string): ScratchRepository => scratchRepository(name);
const init = (repository: ScratchRepository, ...more: string[]) =>
  signet(repository, ['trust', 'init', '--mirror', instance.mirror.url, ...more]);
const withRoot = (): string[] => ['--root', instance.rootFile];
const shown = async (repository: ScratchRepository, env: Record<string, string> = {}) => {
  const { out, exit, talk } = await signet(repository, ['trust', 'show', '--format', 'json'], {
    env,
  });
  expect(exit, talk).toBe(0);
  return JSON.parse(out) as Readonly<Record<string, unknown>>;
};

describe('trust show', () => {
  it('trust show lists the built-in CAs, logs and authorities with their dates', async () => {
    const repository = fresh('show');
    const { out, exit } = await signet(repository, ['trust', 'show']);
    expect(exit).toBe(0);
    expect(out).toMatch(/^trust root {2}public-good \(embedded\)\nchosen by {3}the default\n/);
    expect(out).toMatch(/\nfetched {5}never, it is built in\n/);
    expect(out).toMatch(/\n {2}CA {6}2021-03-07 – 2022-12-31 \(past\) {2}[0-9a-f]{16} {2}https/);
    expect(out).toMatch(/\n {2}TSA {5}2025-07-04 –/);
    const json = await shown(repository);
    expect(json['sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(json['transparencyLogs']).toHaveLength(2);
    expect(json['chosenBy']).toEqual([]);
  });

  it('trust show names the variable, repository or flag that chose the root', async () => {
    const repository = fresh('chosen');
    const { trustedRoot } = instance.sandbox.files;
    expect((await shown(repository, { SIGNET_TRUST: trustedRoot }))['chosenBy']).toEqual([
      'SIGNET_TRUST',
    ]);
    repository.must('config', 'signet.trust', trustedRoot);
    expect((await shown(repository))['chosenBy']).toEqual([]);
    expect((await signet(repository, ['allow'])).exit).toBe(0);
    expect((await shown(repository))['chosenBy']).toEqual([
      expect.stringMatching(/^signet\.trust \(.*config\)$/),
    ]);
    const typed = await signet(repository, ['trust', 'show', '--trusted-root', trustedRoot]);
    expect(typed.out).toContain('chosen by   --trust\n');
  });
});

describe('trust show of a root that is not understood whole', () => {
  const files = (change: (root: Record<string, never[]>) => void): string => {
    const root = JSON.parse(readFileSync(instance.sandbox.files.trustedRoot, 'utf8'));
    change(root);
    const path = join(fresh('partly').home, 'trusted_root.json');
    writeFileSync(path, JSON.stringify(root));
    return path;
  };

  it('trust show lists a post-quantum log as left out, and the rest verifies as before (T09)', async () => {
    const future = { rawBytes: 'AAAA', keyDetails: 'ML_DSA_65' };
    const log = { baseUrl: 'https://pq.example', publicKey: future, logId: { keyId: 'AAAA' } };
    const path = files((root) => root['tlogs']?.push(log as never));
    const repository = fresh('unknown-kind');
    const show = await signet(repository, ['trust', 'show', '--trusted-root', path]);
    expect([show.exit, show.talk]).toEqual([0, '']);
    expect(show.out).toMatch(
      /\nleft out .*\n {2}log {2}its key is of kind ML_DSA_65, .*pq\.example\n/,
    );
    const id = await signer(repository, instance.sandbox).commit();
    const anybody = ['verify', '--unsafe-any-identity', '--trusted-root', path, id];
    expect((await signet(repository, anybody)).exit).toBe(0);
  });

  it('trust show names the place of a malformed entry, and shows nothing (T09)', async () => {
    const path = files((root) => root['tlogs']?.push({ publicKey: {}, logId: {} } as never));
    const show = await signet(fresh('malformed'), ['trust', 'show', '--trusted-root', path]);
    expect([show.exit, show.out]).toEqual([2, '']);
    expect(show.talk).toContain('tlogs[2].publicKey.rawBytes is not base64');
  });
});

describe('trust init', () => {
  it('trust init proves, keeps and sets a mirror and its root, and undoes it', async () => {
    const repository = fresh('init');
    repository.must('config', 'signet.trust', '/before.json');
    const { exit, out, talk } = await init(repository, ...withRoot());
    expect([exit, talk]).toEqual([0, '']);
    expect(out).toMatch(/set for this repository\n {2}trusts {6}1 CA, 2 logs, 1 CT log, 1 TSA\n/);
    expect(out).toMatch(/\n {2}undo: git signet trust init --undo\n/);
    expect(repository.must('config', 'signet.trust')).toBe(
      `${instance.mirror.url}#root-1-${instance.rootDigest}`,
    );
    const json = await shown(repository);
    expect(json['mirror']).toMatchObject({
      anchor: 1,
      roles: { root: { version: 1 }, timestamp: { version: 1 } },
    });
    expect(json['refreshed']).toMatch(/Z$/);
    const undone = await signet(repository, ['trust', 'init', '--undo']);
    expect([undone.exit, undone.out]).toEqual([0, 'signet.trust = /before.json\n']);
    expect(repository.must('config', 'signet.trust')).toBe('/before.json');
    expect(repository.git('config', '--get-regexp', 'signet.undo').out).toBe('');
  });

  it('trust init with a root by address needs the right checksum', async () => {
    const repository = fresh('checksum');
    const root = ['--root', `${instance.mirror.url}/1.root.json`];
    expect(await init(repository, ...root)).toMatchObject({
      exit: 2,
      talk: expect.stringContaining('--root-checksum'),
    });
    const wrong = await init(repository, ...root, '--root-checksum', '0'.repeat(64));
    expect(wrong).toMatchObject({ exit: 1, talk: expect.stringContaining(instance.rootDigest) });
    expect(repository.git('config', 'signet.trust').out).toBe('');
    expect((await init(repository, ...root, '--root-checksum', instance.rootDigest)).exit).toBe(0);
  });

  it.each<[string, string[], RegExp]>([
    ['no root', ['--mirror', 'https://tuf.example'], /--mirror needs --root FILE/],
    ['no way', [], /one of --mirror, --from/],
    ['two ways', ['--staging', '--from', 'x'], /one of --mirror, --from/],
    ['a root without a mirror', ['--from', 'x', '--root', 'y'], /--root goes with --mirror/],
    ['a file that is not there', ['--from', '/nowhere.json'], /nowhere\.json/],
    ['nothing to undo', ['--undo'], /nothing to undo here/],
  ])('trust init with %s is an error, and sets nothing', async (_name, args, says) => {
    const repository = fresh('wrong');
    const { exit, talk } = await signet(repository, ['trust', 'init', ...args]);
    expect([exit, talk]).toEqual([2, expect.stringMatching(says)]);
    expect(repository.git('config', '--get-regexp', '^signet').out).toBe('');
  });

  it.each<[string, () => string[]]>([
    ['a file', () => ['--from', instance.sandbox.files.trustedRoot]],
    ['a mirror', () => ['--mirror', instance.mirror.url, ...withRoot()]],
  ])(
    'trust init with %s that cannot be kept exits with 2, names the place, and sets nothing',
    async (_name, args) => {
      const repository = fresh('barred');
      const XDG_DATA_HOME = join(repository.home, 'file');
      writeFileSync(XDG_DATA_HOME, '');
      const options = { env: { XDG_DATA_HOME } };
      const { exit, talk } = await signet(repository, ['trust', 'init', ...args()], options);
      const says = `the trust root cannot be kept in ${XDG_DATA_HOME}/git-signet/trust`;
      expect([exit, talk]).toEqual([2, expect.stringContaining(says)]);
      expect(repository.git('config', '--get-regexp', '^signet').out).toBe('');
    },
  );

  it('trust init with a mirror that cannot be asked exits with 3, and sets nothing', async () => {
    const repository = fresh('dead');
    const args = ['trust', 'init', '--mirror', 'http://127.0.0.1:9', ...withRoot()];
    expect((await signet(repository, args)).exit).toBe(3);
    expect(repository.git('config', '--get-regexp', '^signet').out).toBe('');
  });

  it('trust init with the root of another mirror exits with 1, and sets nothing (T05)', async () => {
    const other = await startInstance();
    try {
      const repository = fresh('other');
      const { exit, talk } = await init(repository, '--root', other.rootFile);
      expect([exit, talk]).toEqual([1, expect.stringContaining('was refused')]);
      expect(repository.git('config', '--get-regexp', '^signet').out).toBe('');
    } finally {
      await other.close();
    }
  });

  it('trust init keeps a copy of a file under its digest, and notices a later edit (T01)', async () => {
    const repository = fresh('from');
    const { clientTrustConfig, trustedRoot, signingConfigV2 } = instance.sandbox.files;
    const made = await signet(repository, ['trust', 'init', '--from', clientTrustConfig]);
    expect([made.exit, made.talk]).toEqual([0, '']);
    const path = repository.must('config', 'signet.trust');
    expect(readFileSync(path)).toEqual(readFileSync(clientTrustConfig));
    writeFileSync(path, `${readFileSync(path, 'utf8')} `);
    const { exit, talk } = await signet(repository, ['trust', 'show']);
    expect([exit, talk]).toEqual([
      2,
      expect.stringContaining('the file was changed after trust init put it there'),
    ]);
    const both = ['--from', trustedRoot, '--signing-config', signingConfigV2];
    expect((await signet(repository, ['trust', 'init', ...both])).exit).toBe(0);
    expect(await shown(repository)).toMatchObject({
      services: expect.arrayContaining([{ kind: 'log v2', url: instance.sandbox.urls.rekorV2 }]),
    });
    expect((await signet(repository, ['trust', 'update'])).talk).toContain(
      'which has no mirror to ask',
    );
  });

  it('initialize is trust init under the name of other tools', async () => {
    const repository = fresh('initialize');
    const args = ['initialize', '--mirror', instance.mirror.url, ...withRoot(), '--global'];
    expect((await signet(repository, args)).exit).toBe(0);
    expect(repository.must('config', '--global', 'signet.trust')).toContain('#root-1-');
  });
});

describe('gitsign’s and cosign’s variables', () => {
  it('TUF_MIRROR, TUF_ROOT_JSON and TUF_ROOT name mirror, first root and folder', async () => {
    const repository = fresh('variables');
    const place = join(repository.home, 'tuf');
    const env = {
      TUF_MIRROR: instance.mirror.url,
      TUF_ROOT_JSON: instance.rootFile,
      TUF_ROOT: place,
    };
    const updated = await signet(repository, ['trust', 'update'], { env });
    expect(updated, updated.talk).toMatchObject({
      exit: 0,
      out: expect.stringContaining('a new trust root'),
    });
    expect(readdirSync(join(place, 'git-signet'))).toHaveLength(1);
    expect((await shown(repository, env))['chosenBy']).toEqual(['TUF_MIRROR']);
    const without = await signet(repository, ['trust', 'show'], {
      env: { TUF_MIRROR: instance.mirror.url },
    });
    expect(without).toMatchObject({
      exit: 2,
      talk: expect.stringContaining('the root metadata of this mirror is not known'),
    });
  });
});

describe('who chose the root (T06)', () => {
  const gate = async (
    repository: ScratchRepository,
    env: Record<string, string> = {},
    ...flags: string[]
  ) => {
    const { sandbox } = instance;
    const who = [
      '--certificate-identity',
      'alice@example.test',
      '--certificate-oidc-issuer',
      sandbox.urls.issuer,
    ];
    return signet(repository, ['verify', '--format', 'jsonl', ...who, ...flags, 'HEAD'], { env });
  };
  const signed = async (name: string): Promise<ScratchRepository> => {
    const repository = fresh(name);
    const payload = commitPayload();
    const { armor } = await instance.sandbox.issueSignature(Buffer.from(payload), {});
    repository.must(
      'update-ref',
      'refs/heads/main',
      repository.write('commit', withSignature(payload, armor)),
    );
    return repository;
  };

  it('a gate refuses a trust root from the environment, and takes the same from a flag (T06)', async () => {
    const repository = await signed('environment');
    const { trustedRoot } = instance.sandbox.files;
    const refused = await gate(repository, { SIGNET_TRUST: trustedRoot });
    expect([refused.exit, refused.out]).toEqual([2, '']);
    expect(refused.talk).toContain(
      'verify ignores SIGNET_TRUST, because the environment must not decide whom to trust',
    );
    expect(refused.talk).toContain(`add: --trusted-root '${trustedRoot}'`);
    expect((await gate(repository, {}, '--trusted-root', trustedRoot)).exit).toBe(0);
  });

  it('a trust root of the repository does not count, until it is allowed or set up here (P20)', async () => {
    const repository = await signed('repository');
    const { trustedRoot, clientTrustConfig } = instance.sandbox.files;
    repository.must('config', 'signet.trust', trustedRoot);
    const before = await gate(repository);
    expect(resultsOf(before)[0]).toMatchObject({ status: 'refused' });
    expect(before.talk).toContain('ignored what this repository sets: signet.trust');
    expect((await signet(repository, ['allow'])).out).toContain(`signet.trust = ${trustedRoot}`);
    expect(resultsOf(await gate(repository))[0]).toMatchObject({ status: 'verified' });
    expect((await signet(repository, ['allow', '--remove'])).exit).toBe(0);
    expect(resultsOf(await gate(repository))[0]).toMatchObject({ status: 'refused' });
    const set = await signet(repository, ['trust', 'init', '--from', clientTrustConfig]);
    expect([set.exit, set.talk]).toEqual([0, '']);
    expect(resultsOf(await gate(repository))[0]).toMatchObject({ status: 'verified' });
  });

  it('a mirror that the repository names does not count as chosen here, fetched or not', async () => {
    const repository = await signed('mirror');
    const setting = `${instance.mirror.url}#root-1-${instance.rootDigest}`;
    expect((await signet(repository, ['trust', 'update', '--trust', setting])).exit).toBe(0);
    repository.must('config', 'signet.trust', setting);
    expect((await gate(repository)).exit).toBe(1);
    expect((await init(repository, ...withRoot())).exit).toBe(0);
    expect((await gate(repository)).exit).toBe(0);
  });

  it.each([
    ['the user’s own configuration', '--global'],
    ['git -c', '-c'],
  ])("a trust root from %s counts as the user's choice", async (_name, how) => {
    const repository = await signed('own');
    const { trustedRoot } = instance.sandbox.files;
    if (how === '--global') repository.must('config', '--global', 'signet.trust', trustedRoot);
    const command = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'signet.trust',
      GIT_CONFIG_VALUE_0: trustedRoot,
    };
    expect((await gate(repository, how === '-c' ? command : {})).exit).toBe(0);
  });

  it('key files from the environment are refused too', async () => {
    const repository = await signed('keys');
    const { fulcioChain } = instance.sandbox.files;
    const refused = await gate(repository, { SIGSTORE_ROOT_FILE: fulcioChain });
    expect([refused.exit, refused.talk]).toEqual([
      2,
      expect.stringContaining('verify ignores SIGSTORE_ROOT_FILE'),
    ]);
  });

  it('results name the trust root of the run', async () => {
    const repository = await signed('digest');
    const { trustedRoot } = instance.sandbox.files;
    const make = signer(repository, instance.sandbox);
    const answered = await signet(repository, [
      'verify',
      '--format',
      'json',
      ...make.allow(),
      'HEAD',
    ]);
    const { trust } = JSON.parse(answered.out) as { trust: object };
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(trust).toEqual({ source: trustedRoot, digest, origin: '--trust' });
  });
});

describe('an update that fails behind a new root', () => {
  it('a failed update names the failure and the kept root, and verifies as before (T11)', async () => {
    const own = await startInstance();
    try {
      const repository = fresh('behind');
      const args = ['trust', 'init', '--mirror', own.mirror.url, '--root', own.rootFile];
      expect((await signet(repository, args)).exit).toBe(0);
      const id = await signer(repository, own.sandbox).commit();
      own.repository.rotate(['root', 'timestamp', 'snapshot', 'targets']);
      for (const path of own.repository.files.keys())
        if (path.endsWith('snapshot.json')) own.repository.files.delete(path);
      const { exit, out, talk } = await signet(repository, ['trust', 'update']);
      expect([exit, out]).toEqual([1, '']);
      expect(talk).toMatch(
        /was refused: snapshot.*\n {2}its root version 2 proves itself and is kept/,
      );
      const { mirror } = await shown(repository);
      expect(mirror).toMatchObject({
        anchor: 1,
        roles: { root: { version: 2 }, targets: { version: 1 } },
      });
      expect((await signet(repository, ['verify', '--unsafe-any-identity', id])).exit).toBe(0);
    } finally {
      await own.close();
    }
  });
});

describe('old trust', () => {
  it('the age of the trust root is reported only if it may be the cause', async () => {
    const repository = fresh('old');
    expect((await init(repository, ...withRoot())).exit).toBe(0);
    const other = await startInstance();
    try {
      const id = await signer(repository, other.sandbox).commit();
      const now = Math.floor(Date.now() / 1000) + 400 * 86_400;
      const anybody = ['verify', '--unsafe-any-identity', id];
      const later = await signet(repository, anybody, { now });
      expect(later).toMatchObject({
        exit: 1,
        talk: expect.stringMatching(/the trust root is 400 days old, and git signet trust update/),
      });
      expect((await signet(repository, anybody)).talk).not.toContain('days old');
      const mine = await signer(repository, instance.sandbox).commit();
      expect(
        (await signet(repository, ['verify', '--unsafe-any-identity', mine], { now })).talk,
      ).not.toContain('days old');
    } finally {
      await other.close();
    }
  });
  it('a signature of another Sigstore leads to trust init, and one of this Sigstore does not', async () => {
    const repository = fresh('another');
    expect((await init(repository, ...withRoot())).exit).toBe(0);
    const other = await startInstance();
    try {
      const id = await signer(repository, other.sandbox).commit();
      const hint = 'made by another Sigstore? trust it with: git signet trust init --mirror URL\n';
      const foreign = await signet(repository, ['verify', '--unsafe-any-identity', id]);
      expect(foreign).toMatchObject({ exit: 1, talk: expect.stringContaining(hint) });
      expect(foreign.talk).not.toContain('trust update');
      const byGit = repository.git('verify-commit', id);
      expect([byGit.exit, byGit.err]).toEqual([1, expect.stringContaining(hint)]);
      const mine = await signer(repository, instance.sandbox).commit();
      const good = await signet(repository, ['verify', '--unsafe-any-identity', mine]);
      expect([good.exit, good.talk]).toEqual([0, expect.not.stringContaining('another Sigstore')]);
    } finally {
      await other.close();
    }
  });
  it('trust commands write only into their own folder', async () => {
    const repository = fresh('folder');
    await init(repository, ...withRoot());
    const share = join(repository.home, '.local/share/git-signet/trust');
    const [only = ''] = readdirSync(share);
    expect(readdirSync(join(share, only)).sort()).toEqual(['chosen', 'state.json']);
    expect(existsSync(join(share, only, 'lock'))).toBe(false);
  });
});
