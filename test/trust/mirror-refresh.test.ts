import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { PUBLIC_GOOD_ROOT } from '../../src/trust/embedded.ts';
import { loadTrust } from '../../src/trust/load.ts';
import { refreshTrust } from '../../src/trust/mirror-refresh.ts';
import { PUBLIC_GOOD_TRUSTED_ROOT } from '../../src/trust/public-good.ts';
import { mirrorSource, publicGood } from '../../src/trust/source.ts';
import type { TrustState } from '../../src/trust/state-file.ts';
import { exclusively, writeWhole } from '../../src/trust/state-write.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { otherRoot, type TestMirror, testMirror, VECTOR_TARGETS } from '../support/tuf-mirror.ts';
import { type TufOptions, tufKey } from '../support/tuf-repository.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const FIRST = digestOf(VECTOR_TARGETS['trusted_root.json']);
const SECOND = digestOf(otherRoot('second'));
const second = { ...VECTOR_TARGETS, 'trusted_root.json': otherRoot('second') };
const REFUSED = { code: 'TRUST_ANSWER', exitCode: 1 };

const mirrors: TestMirror[] = [];
const started = async (options?: Partial<TufOptions>): Promise<TestMirror> => {
  const mirror = await testMirror(options);
  mirrors.push(mirror);
  return mirror;
};
let home = '';
beforeEach(() => {
  home = scratchDirectory('trust');
});
afterAll(() => Promise.all(mirrors.map((mirror) => mirror.close())));

describe('a mirror', () => {
  it.each(['ecdsa', 'ed25519'] as const)(
    'the answer of a mirror is proved and kept (%s keys)',
    async (scheme) => {
      const mirror = await started({ scheme, keys: { root: 3 }, thresholds: { root: 2 } });
      const client = mirror.client(home);
      await expect(client.load()).rejects.toMatchObject({
        code: 'TRUST_FILE',
        hint: 'git signet trust update',
      });
      expect((await client.refresh()).changed).toBe(true);
      expect(await client.load()).toBe(FIRST);
      expect(statSync(dirname(client.state)).mode & 0o777).toBe(0o700);
      expect(statSync(client.state).mode & 0o777).toBe(0o600);
      expect(readdirSync(dirname(client.state))).toEqual(['state.json']);
    },
  );

  it('a mirror is only asked for new files', async () => {
    const mirror = await started();
    const client = mirror.client(home);
    await client.refresh();
    mirror.requests.length = 0;
    expect((await client.refresh()).changed).toBe(false);
    expect(mirror.requests).toEqual(['2.root.json', 'timestamp.json']);
  });

  it('a mirror brings new keys without a release of this program (T08)', async () => {
    const mirror = await started();
    const client = mirror.client(home);
    await client.refresh();
    mirror.repository.rotate(['root', 'targets', 'snapshot', 'timestamp']);
    mirror.repository.rotate(['root']);
    mirror.repository.publish({ targets: second });
    expect((await client.refresh()).changed).toBe(true);
    expect(await client.load()).toBe(SECOND);
    const { roots } = JSON.parse(readFileSync(client.state, 'utf8')) as TrustState;
    expect(roots).toHaveLength(3);
  });

  it('a trust root with a post-quantum log is taken, and one with a malformed log is refused (T09)', async () => {
    const mirror = await started();
    const client = mirror.client(home);
    await client.refresh();
    const withLog = (publicKey: object) => {
      const root = JSON.parse(VECTOR_TARGETS['trusted_root.json']);
      root.tlogs.push({ baseUrl: 'https://pq.example', publicKey, logId: { keyId: 'AAAA' } });
      return { ...VECTOR_TARGETS, 'trusted_root.json': JSON.stringify(root) };
    };
    const future = withLog({ keyDetails: 'ML_DSA_65', rawBytes: 'AAAA' });
    mirror.repository.publish({ targets: future });
    expect((await client.refresh()).changed).toBe(true);
    const usable = digestOf(future['trusted_root.json']);
    expect(await client.load()).toBe(usable);
    mirror.repository.publish({
      targets: withLog({ keyDetails: 'PKIX_ED25519', rawBytes: 'AAAA' }),
    });
    await expect(client.refresh()).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('tlogs[2].publicKey.rawBytes'),
    });
    expect(await client.load()).toBe(usable);
  });

  it('a mirror that cannot be asked changes nothing', async () => {
    const mirror = await testMirror();
    const client = mirror.client(home);
    await client.refresh();
    await mirror.close();
    await expect(client.refresh()).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
      exitCode: 3,
    });
    expect(await client.load()).toBe(FIRST);
  });
});

describe('an edited state file', () => {
  type Edit = (state: TrustState, old: TrustState) => object;
  const text = (state: TrustState, name: string): string => state.files[name] ?? '';
  it.each<[string, Edit, RegExp]>([
    [
      'a trusted root with another key',
      (state) => ({ files: { ...state.files, 'trusted_root.json': otherRoot('mine') } }),
      /trusted_root\.json was changed/,
    ],
    [
      'another signing configuration',
      (state) => ({
        files: {
          ...state.files,
          'signing_config.v0.2.json': text(state, 'signing_config.v0.2.json').replace('1', '2'),
        },
      }),
      /signing_config\.v0\.2\.json was changed/,
    ],
    [
      'a file that no metadata names',
      (state) => ({ files: { ...state.files, 'more.json': '{}' } }),
      /more\.json was changed/,
    ],
    [
      'targets that describe the edited root',
      (state) => ({
        targets: state.targets.replace(FIRST, digestOf(otherRoot('mine'))),
        files: { ...state.files, 'trusted_root.json': otherRoot('mine') },
      }),
      /targets metadata is signed by 0 of the 1 keys/,
    ],
    [
      'another root',
      (state) => ({ roots: [state.roots[0]?.replace('"version": 1', '"version": 2')] }),
      /not the pinned one/,
    ],
    ['no root', () => ({ roots: [] }), /no root metadata/],
    [
      'another mirror',
      () => ({ mirror: 'https://tuf.example' }),
      /it belongs to https:\/\/tuf\.example/,
    ],
    ['fields missing', () => ({ targets: 7 }), /fields are missing/],
  ])('an edited state file is refused and fetched again: %s (T01)', async (_name, edit, says) => {
    const mirror = await started();
    const client = mirror.client(home);
    await client.refresh();
    const state = JSON.parse(readFileSync(client.state, 'utf8')) as TrustState;
    writeFileSync(client.state, JSON.stringify({ ...state, ...edit(state, state) }));
    await expect(client.load()).rejects.toMatchObject({
      code: 'TRUST_FILE',
      exitCode: 2,
      message: expect.stringMatching(says),
      hint: expect.stringContaining('git signet trust update'),
    });
    await client.refresh();
    expect(await client.load()).toBe(FIRST);
  });

  it.each(['', '{', '[]', 'null', '\u0000', '{"schemaVersion":1}'])(
    'a state file that is %j is refused (T01)',
    async (content) => {
      const client = (await started()).client(home);
      mkdirSync(dirname(client.state), { recursive: true });
      writeFileSync(client.state, content);
      await expect(client.load()).rejects.toMatchObject({ code: 'TRUST_FILE', exitCode: 2 });
    },
  );

  it('a chain of roots with a foreign root is refused (T01)', async () => {
    const mirror = await started();
    const other = await started();
    mirror.repository.rotate(['root']);
    other.repository.rotate(['root']);
    const client = mirror.client(home);
    await client.refresh();
    const state = JSON.parse(readFileSync(client.state, 'utf8')) as TrustState;
    const roots = [state.roots[0], other.repository.root(2).toString()];
    writeFileSync(client.state, JSON.stringify({ ...state, roots }));
    await expect(client.load()).rejects.toThrow(/root metadata is signed by 0 of the 1 keys/);
  });
});

describe('hostile file names in metadata', () => {
  const hostile = [
    '../../../../escape.json',
    '/tmp/escape.json',
    '..',
    'a/../../b',
    'trusted_root.json/..',
    '%2e%2e%2fx',
  ];
  it('hostile target names never become paths (T02)', async () => {
    const named = Object.fromEntries(hostile.map((name) => [name, 'x']));
    const mirror = await started({ targets: { ...VECTOR_TARGETS, ...named } });
    const client = mirror.client(home);
    await client.refresh();
    expect(mirror.requests.filter((path) => path.startsWith('targets/'))).toHaveLength(2);
    expect(readdirSync(home, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      ...[dirname(client.state), client.state].map((path) => path.slice(home.length + 1)),
    ]);
    expect(await client.load()).toBe(FIRST);
  });
  it('hostile delegated roles are not followed (T02)', async () => {
    const mirror = await started();
    const signed = mirror.repository.signed('targets');
    const key = tufKey('ecdsa');
    const role = {
      name: '../../../escape',
      keyids: [key.id],
      threshold: 1,
      terminating: false,
      paths: ['*'],
    };
    const delegations = { keys: { [key.id]: key.json }, roles: [role] };
    mirror.repository.put('targets', { ...signed, delegations });
    const bytes = mirror.repository.files.get('1.targets.json');
    const meta = {
      'targets.json': {
        version: 1,
        length: bytes?.length,
        hashes: { sha256: digestOf(String(bytes)) },
      },
    };
    const snapshot = { ...mirror.repository.signed('snapshot'), meta };
    mirror.repository.put('snapshot', snapshot);
    mirror.repository.put('timestamp', {
      ...mirror.repository.signed('timestamp'),
      meta: { 'snapshot.json': { version: 1 } },
    });
    await mirror.client(home).refresh();
    expect(mirror.requests.some((path) => path.includes('escape'))).toBe(false);
  });
});

interface Listed {
  readonly keyids: readonly string[];
  readonly threshold: number;
}
interface RootJson {
  readonly keys: Readonly<Record<string, object>>;
  readonly roles: Readonly<Record<string, Listed>>;
}

describe('metadata that is wrong', () => {
  const broken = (name: string, change: (mirror: TestMirror) => void, says: RegExp) =>
    [name, change, says] as const;
  const root = (change: (signed: RootJson) => object) => (mirror: TestMirror) => {
    const signed = { ...mirror.repository.signed('root'), version: 2 };
    mirror.repository.put('root', { ...signed, ...change(signed as unknown as RootJson) });
  };
  const roles = (role: string, change: (listed: Listed) => object) =>
    root((signed) => ({
      roles: {
        ...signed.roles,
        [role]: {
          ...signed.roles[role],
          ...change(signed.roles[role] ?? { keyids: [], threshold: 1 }),
        },
      },
    }));
  it.each([
    broken(
      'a threshold of zero',
      roles('targets', () => ({ threshold: 0 })),
      /threshold/,
    ),
    broken(
      'a threshold below zero',
      roles('root', () => ({ threshold: -1 })),
      /threshold/,
    ),
    broken(
      'a threshold that is no number',
      roles('root', () => ({ threshold: '1' })),
      /threshold|number/i,
    ),
    broken(
      'a key named twice',
      roles('targets', ({ keyids }) => ({ keyids: [...keyids, ...keyids], threshold: 2 })),
      /duplicate|twice/,
    ),
    broken(
      'one key under two names',
      root((signed) => {
        const [id = ''] = signed.roles['targets']?.keyids ?? [];
        const keys = { ...signed.keys, ['f'.repeat(64)]: signed.keys[id] };
        const targets = { keyids: [id, 'f'.repeat(64)], threshold: 2 };
        return { keys, roles: { ...signed.roles, targets } };
      }),
      /twice|threshold|signed by/,
    ),
    broken(
      'no keys for a role',
      roles('targets', () => ({ keyids: [] })),
      /no keys|threshold|signed/,
    ),
    broken(
      'a version that was skipped',
      (mirror) => {
        const signed = { ...mirror.repository.signed('root'), version: 3 };
        const { keys, files, put } = mirror.repository;
        put('root', signed, keys('root'));
        files.set('2.root.json', files.get('3.root.json') ?? Buffer.alloc(0));
      },
      /version/i,
    ),
    broken(
      'a root that its predecessor did not sign',
      (mirror) => {
        const signed = { ...mirror.repository.signed('root'), version: 2 };
        mirror.repository.put('root', signed, [tufKey('ecdsa')]);
      },
      /sign/,
    ),
    broken(
      'a root that is not JSON',
      (m) => void m.repository.files.set('2.root.json', Buffer.from('{"signed"')),
      /JSON|Unexpected|end of/i,
    ),
    broken(
      'a root of null',
      (m) => void m.repository.files.set('2.root.json', Buffer.from('null')),
      /./,
    ),
    broken(
      'a timestamp that is an empty list',
      (m) => void m.repository.files.set('timestamp.json', Buffer.from('[]')),
      /./,
    ),
    broken(
      'a timestamp nested without end',
      (m) => void m.repository.files.set('timestamp.json', Buffer.from('['.repeat(8000))),
      /./,
    ),
    broken(
      'targets that are not UTF-8',
      (m) => void m.repository.files.set('1.targets.json', Buffer.from([0xff, 0xfe])),
      /UTF-8/,
    ),
  ])('metadata with %s is refused (T03)', async (_name, change, says) => {
    const mirror = await started();
    const client = mirror.client(home);
    await client.refresh();
    const before = readFileSync(client.state, 'utf8');
    // behind a new timestamp, so that everything is asked for
    mirror.repository.publish({ targets: second });
    mirror.repository.publish();
    change(mirror);
    const bytes = mirror.repository.files.get('1.targets.json');
    if (bytes?.[0] === 0xff) mirror.repository.files.set('3.targets.json', bytes);
    await expect(client.refresh()).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(says),
    });
    expect(readFileSync(client.state, 'utf8')).toBe(before);
    expect(await client.load()).toBe(FIRST);
  });
});

describe('a mirror that turns back time', () => {
  const behind = async (): Promise<{ mirror: TestMirror; old: ReadonlyMap<string, Buffer> }> => {
    const mirror = await started();
    const old = mirror.keep();
    mirror.repository.publish({ targets: second });
    return { mirror, old };
  };
  const refused = async (
    mirror: TestMirror,
    client: ReturnType<TestMirror['client']>,
    says: RegExp,
  ) => {
    await expect(client.refresh()).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(says),
    });
    expect(await client.load()).toBe(SECOND);
    expect(mirror.url).toContain('127.0.0.1');
  };

  it('a rollback of all metadata is refused (T04)', async () => {
    const { mirror, old } = await behind();
    const client = mirror.client(home);
    await client.refresh();
    mirror.restore(old);
    await refused(mirror, client, /version 1 is less than current version 2/);
  });
  it('a rollback of the targets behind a new timestamp is refused (T04)', async () => {
    const { mirror, old } = await behind();
    const client = mirror.client(home);
    await client.refresh();
    const timestamp = {
      ...mirror.repository.signed('timestamp'),
      version: 3,
      meta: { 'snapshot.json': { version: 1 } },
    };
    mirror.repository.put('timestamp', timestamp);
    for (const [path, bytes] of old)
      if (path !== 'timestamp.json') mirror.repository.files.set(path, bytes);
    await refused(mirror, client, /version|less/i);
  });
  it('an expired timestamp is refused (T04)', async () => {
    const { mirror } = await behind();
    const client = mirror.client(home);
    await client.refresh();
    mirror.repository.publish({ lifetimes: { timestamp: -60 } });
    await refused(mirror, client, /expired/i);
  });
  it('a mirror without news and with an expired timestamp is refused (T04)', async () => {
    const mirror = await started({ lifetimes: { timestamp: -60 } });
    await expect(mirror.client(home).refresh()).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(/expired/i),
      hint: expect.stringContaining('check your clock'),
    });
  });
  it('new targets under an old snapshot are refused (T04)', async () => {
    const { mirror, old } = await behind();
    const client = mirror.client(home);
    await client.refresh();
    mirror.repository.publish({ targets: VECTOR_TARGETS });
    mirror.repository.files.set('3.targets.json', old.get('1.targets.json') ?? Buffer.alloc(0));
    await refused(mirror, client, /targets/);
  });
  it('a target file that the targets do not describe is refused (T04)', async () => {
    const mirror = await started();
    const [path = ''] = [...mirror.repository.files.keys()].filter((name) =>
      name.endsWith(`${FIRST}.trusted_root.json`),
    );
    mirror.repository.files.set(path, Buffer.from(otherRoot('x'.repeat(8))));
    await expect(mirror.client(home).refresh()).rejects.toMatchObject({
      exitCode: expect.any(Number),
    });
    await expect(mirror.client(home).load()).rejects.toMatchObject({ code: 'TRUST_FILE' });
  });
  it('an expired root at the end of the chain is refused, and one inside it is taken (T04)', async () => {
    const mirror = await started({ lifetimes: { root: -60 } });
    await expect(mirror.client(home).refresh()).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(/expired/i),
    });
    mirror.repository.rotate([], 3600);
    const client = mirror.client(home);
    await client.refresh();
    expect(await client.load()).toBe(FIRST);
  });
});

describe('instances are never mixed', () => {
  it('each mirror, and each root of one mirror, has its own folder (T05)', async () => {
    const one = await started();
    const two = await started({ targets: second });
    const [first, other] = [one.client(home), two.client(home)];
    await first.refresh();
    await other.refresh();
    expect([await first.load(), await other.load()]).toEqual([FIRST, SECOND]);
    expect(first.state).not.toBe(other.state);
    // there and back
    await first.refresh();
    expect([await first.load(), await other.load()]).toEqual([FIRST, SECOND]);
  });
  it('a folder copied from another instance is refused (T05)', async () => {
    const one = await started();
    const two = await started({ targets: second });
    const [first, other] = [one.client(home), two.client(home)];
    await first.refresh();
    await other.refresh();
    writeFileSync(other.state, readFileSync(first.state));
    await expect(other.load()).rejects.toThrow(one.url);
    const state = JSON.parse(readFileSync(first.state, 'utf8')) as TrustState;
    writeFileSync(other.state, JSON.stringify({ ...state, mirror: two.url }));
    await expect(other.load()).rejects.toMatchObject({ code: 'TRUST_FILE' });
  });
});

describe('twenty processes at once', () => {
  it('twenty processes ask the mirror once, and all get the answer (T07)', async () => {
    const mirror = await started();
    const client = mirror.client(home);
    const all = await Promise.all(Array.from({ length: 20 }, () => client.refresh()));
    expect(all.filter(({ changed }) => changed)).toHaveLength(1);
    expect(mirror.requests.filter((path) => path === 'timestamp.json')).toHaveLength(1);
    expect(await client.load()).toBe(FIRST);
    expect(readdirSync(dirname(client.state))).toEqual(['state.json']);
  });
  it('a lock whose owner died is taken over (T07)', async () => {
    const client = (await started()).client(home);
    const folder = dirname(client.state);
    mkdirSync(join(folder, 'update-left'), { recursive: true });
    writeFileSync(join(folder, 'update-half'), '{"schemaVersion":');
    writeFileSync(join(folder, 'lock'), '');
    utimesSync(join(folder, 'lock'), new Date(0), new Date(0));
    await client.refresh();
    expect(readdirSync(folder)).toEqual(['state.json']);
  });
  it('an owner that waits for a slow mirror keeps its lock (T07)', async () => {
    const lock = join(home, 'lock');
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      await exclusively(
        home,
        1,
        async () => undefined,
        async () => {
          utimesSync(lock, new Date(0), new Date(0));
          vi.advanceTimersByTime(30_000);
          await vi.waitUntil(() => statSync(lock).mtimeMs > 0, 20_000);
        },
      );
    } finally {
      vi.useRealTimers();
    }
    expect(existsSync(lock)).toBe(false);
  });
  it('waiting in vain for another process does not blame the mirror', async () => {
    const { setting } = await started();
    const source = mirrorSource(setting, { trustCache: home }, nodeCrypto);
    const { directory = '' } = source;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'lock'), '');
    const send = () => Promise.reject(new Error('no request is allowed'));
    const options = { send, crypto: nodeCrypto, now: () => 0, patience: 0.1 };
    await expect(refreshTrust(source, options)).rejects.toMatchObject({
      message: expect.stringContaining(directory),
      exitCode: 2,
    });
  });
});

describe('a disk that is full', () => {
  /** Half of it can be written. */
  function* half() {
    yield 'half';
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
  it('a full disk keeps the old state, and no half of the new one', async () => {
    const path = join(home, 'state.json');
    await writeWhole(path, 'whole');
    await expect(writeWhole(path, half() as unknown as string)).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    expect(readdirSync(home)).toEqual(['state.json']);
    expect(readFileSync(path, 'utf8')).toBe('whole');
  });
});

describe('what is kept of the public-good instance', () => {
  const settings = () => ({ trustCache: home, ctLog: 'required' as const });
  const source = () => publicGood(settings(), nodeCrypto);
  const keep = (change: Partial<TrustState>): void => {
    const { directory = '', url } = source();
    mkdirSync(directory, { recursive: true });
    const state: TrustState = {
      ...{ schemaVersion: 1, mirror: url, refreshed: 1_800_000_000, roots: [PUBLIC_GOOD_ROOT] },
      ...{ timestamp: '', snapshot: '', targets: '', files: {} },
    };
    writeFileSync(join(directory, 'state.json'), JSON.stringify({ ...state, ...change }));
  };

  it('a state that equals the built-in trust needs no proof', async () => {
    keep({ files: { 'trusted_root.json': PUBLIC_GOOD_TRUSTED_ROOT } });
    const trust = await loadTrust(settings(), nodeCrypto);
    expect(trust).toMatchObject({
      source: 'public-good (embedded)',
      digest: digestOf(PUBLIC_GOOD_TRUSTED_ROOT),
      mirror: { name: 'public-good', refreshed: 1_800_000_000 },
    });
  });
  it('a state that differs from the built-in trust is proved (T01)', async () => {
    keep({ files: { 'trusted_root.json': otherRoot('mine') } });
    await expect(loadTrust(settings(), nodeCrypto)).rejects.toMatchObject({ code: 'TRUST_FILE' });
  });
  it('an older state gives way to newer built-in trust (T04)', async () => {
    const old = PUBLIC_GOOD_ROOT.replace(/"version": \d+/, '"version": 3');
    keep({ roots: [old], files: { 'trusted_root.json': otherRoot('old') } });
    expect(await loadTrust(settings(), nodeCrypto)).toMatchObject({
      digest: digestOf(PUBLIC_GOOD_TRUSTED_ROOT),
      mirror: { name: 'public-good' },
    });
  });
});
