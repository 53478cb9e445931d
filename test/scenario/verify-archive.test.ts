/** `git signet verify-archive`: archives as `git archive` and others make them, and every way to slip something in. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack as tarPack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { alterations } from '../support/altered-store.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { type Answered, signer, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

const PLAIN: Readonly<Record<string, string>> = {
  'README.md': '# app\n',
  'src/main.c': 'int main(void) { return 0; }\n',
  'src/empty': '',
  'src/deep/er/file with spaces': 'x',
  'src/a name that ls-tree might have written 12\tof': 'tab\n',
  'src/na\u00efve-\u{1f642}.txt': 'names beyond ASCII\n',
  [`long/${'directory/'.repeat(20)}file`]: 'a name that needs an extended header\n',
};

/** A release: a signed tag on a signed commit of these files. */
async function release(name: string, files = PLAIN, format: 'sha1' | 'sha256' = 'sha1') {
  const repository = scratchRepository(name, {}, format);
  const { path, must } = repository;
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  writeFileSync(join(path, 'run.sh'), '#!/bin/sh\n');
  chmodSync(join(path, 'run.sh'), 0o755);
  symlinkSync('src/main.c', join(path, 'link'));
  must('add', '-A');
  must(
    'update-index',
    '--add',
    '--cacheinfo',
    `160000,${'1'.repeat(format === 'sha1' ? 40 : 64)},vendor/module`,
  );
  const make = signer(repository, sandbox());
  const commit = await make.commit({ tree: must('write-tree'), format });
  const tag = await make.tag(commit, 'commit', 'v1');
  must('update-ref', 'refs/tags/v1', tag);
  const archive = (file: string, ...options: string[]): string => {
    must('archive', '-o', join(path, file), ...options, 'v1');
    return file;
  };
  const check = (file: string, ...options: string[]) =>
    signet(repository, ['verify-archive', ...make.allow(), '--offline', ...options, 'v1', file]);
  const write = (file: string, bytes: Uint8Array): string => {
    writeFileSync(join(path, file), bytes);
    return file;
  };
  return {
    repository,
    make,
    commit,
    archive,
    check,
    write,
    read: (file: string) => readFileSync(join(path, file)),
  };
}

describe('what git archive makes', () => {
  it.each(['sha1', 'sha256'] as const)(
    '%s: tar, tar.gz and zip are verified, with and without prefix',
    async (format) => {
      const { archive, check } = await release(`archive-${format}`, PLAIN, format);
      const made = [
        archive('a.tar'),
        archive('b.tar.gz', '--prefix=app-1.0/'),
        archive('c.zip', '--prefix=app-1.0/'),
        archive('d.zip', '-0'),
        archive('e.tar.gz', '--prefix=src/'),
      ];
      for (const file of made) {
        const answered = await check(file);
        expect(answered.exit, answered.out + answered.talk).toBe(0);
        expect(answered.out).toMatch(/verified {5}\S+ {2}exactly the tree [0-9a-f]{12} of v1/);
      }
      const deep = archive('f.zip', '--prefix=a/b/');
      expect((await check(deep)).exit).toBe(1);
      expect((await check(deep, '--prefix', 'a/b/')).exit).toBe(0);
    },
  );

  it.each(['tar', 'tar.gz', 'zip'])(
    'an archive with one changed byte is refused, and the file is named (%s)',
    async (kind) => {
      const { archive, check, write, read, repository } = await release(`tamper-${kind}`);
      const name = archive(`a.${kind}`, ...(kind === 'zip' ? ['-0'] : []), '--prefix=app/');
      const bytes = kind === 'tar.gz' ? gunzipSync(read(name)) : Buffer.from(read(name));
      const at = bytes.indexOf('int main');
      expect(at).toBeGreaterThan(0);
      bytes[at] = 'I'.charCodeAt(0);
      if (kind === 'zip') {
        // a zip holds its own checksum, which an attacker changes too
        const good = crc32(Buffer.from('int main(void) { return 0; }\n'));
        const evil = crc32(Buffer.from('Int main(void) { return 0; }\n'));
        for (let i = bytes.indexOf(good); i !== -1; i = bytes.indexOf(good, i + 1))
          evil.copy(bytes, i);
      }
      write(name, kind === 'tar.gz' ? gzipSync(bytes) : bytes);
      const answered = await check(name);
      expect(answered.exit).toBe(1);
      expect(answered.out).toContain('src/main.c: content differs from the signed tree');
      expect(repository.git('cat-file', '-e', 'v1').exit).toBe(0);
    },
  );

  it('export-ignore and export-subst of the signed tree are applied and reported', async () => {
    const files = {
      ...PLAIN,
      '.gitattributes': 'docs/ export-ignore\nsecret export-ignore\nversion export-subst\n',
      'docs/a': 'a',
      secret: 's',
      version: 'this is $Format:%H of %an$\n',
    };
    const { archive, check, write, read, commit } = await release('attributes', files);
    const good = archive('a.tar', '--prefix=app/');
    const answered = await check(good);
    expect(answered.exit, answered.out + answered.talk).toBe(0);
    expect(answered.out).toContain('(export-ignore): docs/a, secret');
    expect(answered.out).toContain('(export-subst): version');
    const bytes = Buffer.from(read(good));
    const at = bytes.indexOf(`this is ${commit}`);
    bytes.write('that', at);
    const bad = await check(write('b.tar', bytes));
    expect(bad.exit).toBe(1);
    expect(bad.out).toContain('version: content differs');
  });

  it('verifying an archive runs nothing of the repository and leaves no file behind (P14, I11)', async () => {
    const files = {
      ...PLAIN,
      '.gitattributes':
        'version export-subst filter=evil diff=evil\nREADME.md filter=evil\nsecret export-ignore\n',
      version: '$Format:%h$ $Format:%GS$\n',
      secret: 's',
    };
    const { archive, check, repository } = await release('hostile-config', files);
    const file = archive('a.tar');
    const planted = join(repository.home, 'planted');
    writeFileSync(planted, `#!/bin/sh\necho ran >> '${planted}.ran'\ncat\n`);
    chmodSync(planted, 0o755);
    for (const key of [
      ...['filter.evil.smudge', 'filter.evil.clean', 'filter.evil.process', 'diff.evil.textconv'],
      ...['core.fsmonitor', 'core.pager', 'core.sshCommand', 'gpg.x509.program', 'gpg.program'],
    ]) {
      repository.must('config', key, planted);
    }
    repository.must('config', 'log.showSignature', 'true');
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('git-signet-index-'));
    const answered = await check(file);
    // a format that asks about signatures is not granted: it would run a program
    expect(answered.exit).toBe(1);
    expect(answered.out).toContain('version: content differs');
    expect(answered.out).toContain('(export-ignore): secret');
    expect(existsSync(`${planted}.ran`)).toBe(false);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('git-signet-index-'));
    expect(after).toEqual(before);
  });

  it.skipIf(!haveTools('tar', 'zip'))(
    'archives by GNU tar and Info-ZIP of a checkout are verified',
    async () => {
      const { archive, check, repository } = await release('others');
      archive('a.tar', '--prefix=app/');
      const options = { cwd: repository.path };
      execFileSync('tar', ['xf', 'a.tar'], options);
      execFileSync('tar', ['czf', 'gnu.tar.gz', 'app'], options);
      execFileSync('tar', ['--format=pax', '-czf', 'pax.tar.gz', 'app'], options);
      execFileSync('zip', ['-qry', 'info.zip', 'app'], options);
      for (const file of ['gnu.tar.gz', 'pax.tar.gz', 'info.zip']) {
        const answered = await check(file);
        expect(answered.exit, answered.out).toBe(0);
      }
    },
  );

  it('if the tag is refused, the archive is not read', async () => {
    const { archive, repository, make } = await release('bad-tag');
    const file = archive('a.tar');
    const bob = make.allow('bob@example.test');
    const answered = await signet(repository, ['verify-archive', ...bob, 'v1', file]);
    expect(answered.exit).toBe(6);
    expect(answered.talk).toContain('was not read');
    expect(
      (await signet(repository, ['verify-archive', ...make.allow(), 'v1', 'absent.tar'])).exit,
    ).toBe(2);
    expect((await signet(repository, ['verify-archive', ...make.allow(), 'v2', file])).exit).toBe(
      2,
    );
    expect((await signet(repository, ['verify-archive', ...make.allow(), 'v1'])).exit).toBe(2);
  });

  it('with --no-target a signed tag is enough for an archive of an unsigned commit', async () => {
    const { archive, repository, make, read, write } = await release('unsigned-commit');
    const { must } = repository;
    const commit = must('commit-tree', '-m', 'nobody signed this', must('write-tree'));
    must('update-ref', 'refs/tags/v1', await make.tag(commit, 'commit', 'v1'));
    const file = archive('a.tar');
    const check = (name: string, who = make.allow(), ...options: string[]) =>
      signet(repository, ['verify-archive', ...who, '--offline', ...options, 'v1', name]);
    expect((await check(file)).exit).toBe(5);
    const answered = await check(file, make.allow(), '--no-target');
    expect(answered.exit, answered.talk).toBe(0);
    const changed = read(file).toString('latin1').replace('# app', '# ape');
    const other = write('b.tar', Buffer.from(changed, 'latin1'));
    expect((await check(other, make.allow(), '--no-target')).exit).toBe(1);
    expect((await check(file, make.allow('bob@example.test'), '--no-target')).exit).toBe(6);
    // another commit under that commit's name
    alterations(repository).edit('commit', commit, (raw) => raw.replace('nobody', 'somebody'));
    expect((await check(file, make.allow(), '--no-target')).exit).toBe(2);
    // a tag of a tree names no commit
    must('update-ref', 'refs/tags/v1', await make.tag(must('write-tree'), 'tree', 'v1'));
    const tree = await check(file, make.allow(), '--no-target');
    expect([tree.exit, tree.talk]).toEqual([1, expect.stringContaining('the tag names no commit')]);
  });
});

function crc32(bytes: Uint8Array): Buffer {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const out = Buffer.alloc(4);
  out.writeUInt32LE((crc ^ 0xffffffff) >>> 0);
  return out;
}

type Added = Parameters<ReturnType<typeof tarPack>['entry']>[0] & { readonly body?: string };

/** A tar of the good files and the added files, as tar-stream writes it. */
async function tarOf(added: readonly Added[], left: readonly string[] = []): Promise<Buffer> {
  const pack = tarPack();
  for (const [name, body] of Object.entries(PLAIN))
    if (!left.includes(name)) pack.entry({ name }, body);
  if (!left.includes('run.sh')) pack.entry({ name: 'run.sh', mode: 0o755 }, '#!/bin/sh\n');
  if (!left.includes('link')) pack.entry({ name: 'link', type: 'symlink', linkname: 'src/main.c' });
  for (const { body, ...header } of added) pack.entry(header, body ?? '');
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

describe('a file that was added to an archive', () => {
  let made: ReturnType<typeof release> | undefined;
  const good = (): ReturnType<typeof release> => {
    made ??= release('hostile');
    return made;
  };

  it('an archive without an intruder is verified', async () => {
    const { check, write } = await good();
    const answered = await check(write('a.tar', await tarOf([])));
    expect(answered.exit, answered.out).toBe(0);
  });

  it.each<[string, readonly Added[], readonly string[], string]>([
    ['a file more', [{ name: 'src/evil.c', body: 'x' }], [], 'src/evil.c: not in the signed tree'],
    ['a file less', [], ['README.md'], 'README.md: missing'],
    [
      'a twin by case',
      [{ name: 'readme.md', body: 'x' }],
      [],
      'readme.md: not in the signed tree (it has README.md)',
    ],
    ['the same name again', [{ name: 'README.md', body: 'evil' }], [], 'README.md: there twice'],
    ['a climb', [{ name: '../evil', body: 'x' }], [], 'a name leads out of the directory'],
    [
      'a climb from within',
      [{ name: 'src/../../evil', body: 'x' }],
      [],
      'a name leads out of the directory',
    ],
    [
      'an absolute name',
      [{ name: '/etc/evil', body: 'x' }],
      [],
      'a name leads out of the directory',
    ],
    ['a dot', [{ name: './README.md', body: 'x' }], [], 'a name leads out of the directory'],
    [
      'a link elsewhere',
      [{ name: 'link', type: 'symlink', linkname: '/etc/passwd' }],
      ['link'],
      'link: content differs',
    ],
    [
      'a link for a file',
      [{ name: 'README.md', type: 'symlink', linkname: 'x' }],
      ['README.md'],
      'README.md: a link here, a file',
    ],
    [
      'a hard link',
      [{ name: 'README.md', type: 'link', linkname: 'run.sh' }],
      ['README.md'],
      'neither file, directory nor link',
    ],
    [
      'a device',
      [{ name: 'dev', type: 'character-device' }],
      [],
      'neither file, directory nor link',
    ],
    [
      'a program for a file',
      [{ name: 'README.md', mode: 0o755, body: '# app\n' }],
      ['README.md'],
      'README.md: an executable file here',
    ],
    [
      'a file for a program',
      [{ name: 'run.sh', body: '#!/bin/sh\n' }],
      ['run.sh'],
      'run.sh: a file here, an executable file',
    ],
    [
      'content in a submodule',
      [{ name: 'vendor/module/evil', body: 'x' }],
      [],
      'vendor/module/evil: not in the signed tree',
    ],
    [
      'a directory of its own',
      [{ name: 'evil', type: 'directory' }],
      [],
      'evil: not in the signed tree',
    ],
    [
      'escapes in a name',
      [{ name: 'a\x1b[2J', body: 'x' }],
      [],
      'a\\x1b[2J: not in the signed tree',
    ],
    [
      'a pax record that only some obey (S10)',
      [{ name: 'x', pax: { 'GNU.sparse.name': 'README.md' }, body: 'x' }],
      [],
      'sets GNU.sparse.name',
    ],
  ])('an archive with an intruder is refused: %s', async (_, added, left, said) => {
    const { check, write } = await good();
    const answered = await check(write('a.tar', await tarOf(added, left)));
    expect(answered.exit).toBe(1);
    expect(answered.out).toContain(said);
    expect(answered.out).not.toMatch(/\x1b/);
  });

  it('an archive with a second archive, a false commit, a broken end or a bomb is refused', async () => {
    const { archive, check, write, read, commit } = await good();
    const tar = Buffer.from(read(archive('a.tar')));
    const behind = await check(write('b.tar', Buffer.concat([tar, await tarOf([])])));
    expect(behind.out).toContain('holds bytes behind its end');
    const zip = read(archive('a.zip'));
    const before = await check(write('b.zip', Buffer.concat([Buffer.from('#!/bin/sh\n'), zip])));
    expect(before.exit).toBe(1);
    const lie = Buffer.from(tar);
    lie.write(`${commit.slice(0, 39)}${commit.endsWith('0') ? '1' : '0'}`, lie.indexOf(commit));
    expect((await check(write('c.tar', lie))).out).toContain('says that it was made from');
    expect((await check(write('d.tar', tar.subarray(0, tar.length / 2)))).exit).toBe(1);
    expect((await check(write('e.tar.gz', gzipSync(tar).subarray(0, -9)))).exit).toBe(1);
    expect((await check(write('f.zip', zip.subarray(0, -5)))).exit).toBe(1);
    expect((await check(write('g.tar', Buffer.from('not a tar')))).exit).toBe(1);
    const bomb = gzipSync(await tarOf([{ name: 'bomb', body: '\0'.repeat(80 * 1024 * 1024) }]));
    expect((await check(write('h.tar.gz', bomb))).out).toContain('more bytes than the signed tree');
  });

  it('a zip with bytes before, between or behind its entries is refused', async () => {
    const { archive, check, write, read } = await good();
    const zip = Buffer.from(read(archive('a.zip', '-0')));
    const list = zip.readUInt32LE(zip.lastIndexOf('PK\x05\x06') + 16);
    const second = zip.readUInt32LE(
      zip.indexOf('PK\x01\x02', zip.indexOf('PK\x01\x02', list) + 4) + 42,
    );
    // a whole entry that only the list does not know
    const hidden = zip.subarray(0, second);
    for (const at of [0, second, list]) {
      const made = Buffer.concat([zip.subarray(0, at), hidden, zip.subarray(at)]);
      for (
        let i = made.indexOf('PK\x01\x02', list);
        i !== -1;
        i = made.indexOf('PK\x01\x02', i + 4)
      ) {
        const start = made.readUInt32LE(i + 42);
        if (start >= at) made.writeUInt32LE(start + hidden.length, i + 42);
      }
      const end = made.lastIndexOf('PK\x05\x06') + 16;
      made.writeUInt32LE(list + hidden.length, end);
      const answered = await check(write('b.zip', made));
      expect(answered.exit, answered.out).toBe(1);
      expect(answered.out).toMatch(
        /there are bytes before|holds bytes that its directory does not list/,
      );
    }
  });

  it('a zip whose two headers name different files is refused', async () => {
    const { archive, check, write, read } = await good();
    const zip = Buffer.from(read(archive('a.zip', '-0')));
    zip.write('READYE.md', zip.indexOf('README.md'));
    const answered = await check(write('b.zip', zip));
    expect(answered.exit).toBe(1);
    expect(answered.out).toContain('the two headers of README.md differ');
  });
});

describe('what the clone’s own store says of the tree', () => {
  const files = {
    ...PLAIN,
    '.gitattributes': 'version export-subst\n',
    'check.c': 'int check(void) { return 1; }\n',
    version: '$Format:%H %an$\n',
  };
  /** A release, an archive that lacks `check.c`, and the objects under its tag. */
  const lacking = async (name: string) => {
    const scene = await release(name, files);
    const { repository, archive } = scene;
    const store = alterations(repository);
    const idOf = (path: string): string => repository.must('rev-parse', `v1:${path}`);
    const attributes = `${files['.gitattributes']}check.c export-ignore\n`;
    const info = join(repository.path, '.git/info/attributes');
    writeFileSync(info, 'check.c export-ignore\n');
    const file = archive('a.tar');
    rmSync(info);
    return { ...scene, store, idOf, attributes, info, file };
  };
  const refuses = ({ exit, talk }: Answered, object: string): void => {
    expect({ exit, talk }).toEqual({ exit: 2, talk: expect.stringContaining(object) });
    expect(talk).toContain('the object store holds');
  };

  it('altered attributes leave nothing out (P17)', async () => {
    const { store, idOf, attributes, file, check } = await lacking('altered-attributes');
    expect((await check(file)).out).toContain('check.c: missing');
    const blob = idOf('.gitattributes');
    store.replace('blob', blob, attributes);
    refuses(await check(file), blob);
  });

  it('an altered tree leaves nothing out (P17)', async () => {
    const { store, repository, file, check } = await lacking('altered-tree');
    const tree = repository.must('rev-parse', 'v1^{tree}');
    const rows = repository.must('ls-tree', tree).split('\n');
    const fewer = rows.filter((row) => !row.endsWith('\tcheck.c')).join('\n');
    const other = repository.gitWith({ input: Buffer.from(`${fewer}\n`) }, 'mktree', '--missing');
    store.replace('tree', tree, store.read('tree', other.out.trim()));
    refuses(await check(file), tree);
  });

  it('the clone’s own attributes leave nothing out and fill in nothing (P17)', async () => {
    const { info, file, check, archive, write, read } = await lacking('info-attributes');
    const good = archive('good.tar');
    writeFileSync(info, 'check.c export-ignore\nREADME.md export-subst\n');
    const answered = await check(file);
    expect(answered.exit, answered.out).toBe(1);
    expect(answered.out).toContain('check.c: missing');
    expect((await check(good)).exit).toBe(0);
    writeFileSync(info, 'version -export-subst\n');
    expect((await check(write('again.tar', read(good)))).exit).toBe(0);
  });

  it('export-subst uses only the hashed file and commit (P17)', async () => {
    const { store, idOf, commit, archive, check, write, read } = await lacking('altered-subst');
    const good = archive('good.tar');
    expect((await check(good)).out).toContain('(export-subst): version');
    const text = read(good).toString('latin1').replace(`${commit} Alice`, `${commit} Mally`);
    const other = write('other.tar', Buffer.from(text, 'latin1'));
    expect((await check(other)).out).toContain('version: content differs');
    const blob = idOf('version');
    const was = store.read('blob', blob);
    store.replace('blob', blob, '$Format:%H$ Mally\n');
    refuses(await check(other), blob);
    store.replace('blob', blob, was);
    store.edit('commit', commit, (raw) => raw.replace('author Alice', 'author Mally'));
    expect((await check(other)).exit).toBe(2);
  });

  it('export-subst may name the refs of the commit, and no older ones (P17)', async () => {
    const formats = {
      '.gitattributes': '*.txt export-subst\n',
      'a.txt': '$Format:%d %D %(describe)$ $Format:%h %p %t %cI %(trailers)$\n',
    };
    const { archive, check } = await release('subst-refs', formats);
    const file = archive('a.tar');
    const answered = await check(file);
    expect(answered.exit, answered.out + answered.talk).toBe(0);
    expect(answered.out).toContain('(export-subst): a.txt');
    const described = { '.gitattributes': 'a.txt export-subst\n' };
    const match = { ...described, 'a.txt': '$Format:%(describe:match=old)$\n' };
    // a tag that is not the commit's own: git would have to look elsewhere
    const far = await release('subst-far', match);
    const before = await far.make.commit({ tree: far.repository.must('write-tree') });
    far.repository.must('update-ref', 'refs/tags/old', await far.make.tag(before, 'commit', 'old'));
    expect((await far.check(far.archive('b.tar'))).out).toContain('a.txt: content differs');
  });
});
