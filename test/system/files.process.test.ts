/** Files and streams as each runtime reads and writes them, in processes whose streams are in our hands. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RUNTIMES, type Runtime } from '../support/runtimes.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const module = new URL('../../src/system/files.ts', import.meta.url).href;
const home = scratchDirectory('files');
const at = (name: string): string => join(home, name);

/** Runs a script that imports the module. `around` is a shell command in which `RUN` stands for it. */
function child(runtime: Runtime, body: string, around = 'RUN', input = '') {
  const script = at(`script-${runtime}.ts`);
  writeFileSync(
    script,
    `import { readFile, readInputUpTo, writeShort, hasNoTerminal } from '${module}';
const tell = (text) => void process.stderr.write(String(text) + '\\n');
const code = (error) => /^E/.test(error.code) ? error.code : error.name + ' ' + error.message;
${body}`,
  );
  const command = around.replaceAll('RUN', `'${RUNTIMES[runtime]}' '${script}'`);
  const options = { cwd: home, input, encoding: 'utf8', timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
  return { status, out: stdout, err: stderr.trim() };
}

const READ = (path: string, limit = ''): string =>
  `await readFile('${path}'${limit}).then((b) => tell(b.length + ' ' + Buffer.from(b).toString().slice(0, 5)), (e) => tell(code(e)));`;
const INPUT = (limit: number): string =>
  `await readInputUpTo(${limit}).then((b) => tell(b.length + ' ' + Buffer.from(b).toString().slice(0, 5)), (e) => tell(code(e)));`;

writeFileSync(at('plain'), 'x'.repeat(100_000));
writeFileSync(at('empty'), '');
mkdirSync(at('folder'));
symlinkSync('plain', at('link'));
symlinkSync('nowhere', at('dangling'));

describe.each(['node', 'bun'] as const)('files on %s', (runtime) => {
  it('a file is read whole, by a link too, or up to the limit', () => {
    const reads = [at('plain'), at('link'), at('empty'), 'plain'].map((path) => READ(path));
    const ran = child(runtime, [...reads, READ(at('plain'), ', 7')].join('\n'));
    expect(ran.err.split('\n')).toEqual([
      '100000 xxxxx',
      '100000 xxxxx',
      '0 ',
      '100000 xxxxx',
      '7 xxxxx',
    ]);
  });
  it('a file that cannot be read is refused with the code of the system', () => {
    const paths = [at('absent'), at('folder'), at('dangling'), at('plain/x'), 's3://bucket/key'];
    const ran = child(runtime, paths.map((path) => READ(path)).join('\n'));
    expect(ran.err.split('\n')).toEqual(['ENOENT', 'EISDIR', 'ENOENT', 'ENOTDIR', 'ENOENT']);
  });
  it.skipIf(process.getuid?.() === 0)('a file of another user is refused', () => {
    const closed = at(`closed-${runtime}`);
    writeFileSync(closed, 'x', { mode: 0 });
    expect(child(runtime, READ(closed)).err).toBe('EACCES');
  });
  it('a named pipe is read to its end, however late its writer comes', () => {
    const around = `rm -f pipe; mkfifo pipe; (sleep 0.3; echo hello >pipe) & RUN`;
    expect(child(runtime, READ(at('pipe'), ', 100'), around).err).toBe('6 hello');
    const nothing = `rm -f pipe; mkfifo pipe; (sleep 0.3; : >pipe) & RUN`;
    expect(child(runtime, READ(at('pipe'), ', 100'), nothing).err).toBe('0');
  });
});

describe.each(['node', 'bun'] as const)('standard input on %s', (runtime) => {
  it('is read up to the limit, also if its writer never ends', () => {
    expect(child(runtime, INPUT(1_000_001), 'yes | RUN').err).toBe('1000001 y\ny\ny');
    expect(child(runtime, INPUT(10), 'RUN', 'hello').err).toBe('5 hello');
    expect(child(runtime, INPUT(10)).err).toBe('0');
  });
  it('is read to its end from a slow writer', () => {
    const around = '(printf he; sleep 0.2; printf llo) | RUN';
    expect(child(runtime, INPUT(10), around).err).toBe('5 hello');
  });
  it('starts where the process before stopped reading a file', () => {
    const around = '(dd bs=99990 count=1 of=/dev/null 2>/dev/null; RUN) <plain';
    expect(child(runtime, INPUT(100), around).err).toBe('10 xxxxx');
  });
  it('is refused if it is a folder or not open for reading', () => {
    expect(child(runtime, INPUT(10), 'RUN <folder').err).toBe('EISDIR');
    expect(child(runtime, INPUT(10), 'RUN 0>written').err).toBe('EBADF');
  });
});

describe.each(['node', 'bun'] as const)('a short text on %s', (runtime) => {
  const write = (text: string, descriptor = 1): string =>
    `await writeShort(${descriptor}, ${text}, 'the answer').catch((e) => tell(code(e)));`;

  it('reaches a pipe and a file, behind what is there', () => {
    expect(child(runtime, write(`'héllo'`)).out).toBe('héllo');
    writeFileSync(at('log'), 'before ');
    child(runtime, `${write(`'one '`)}${write(`''`)}${write(`'two'`)}`, 'RUN >>log');
    expect(readFileSync(at('log'), 'utf8')).toBe('before one two');
  });
  it('is whole and in order for a slow reader of a full pipe that does not block', () => {
    const bodies = [4096, 4097, 100_000].map((length) => `'${length}'.padEnd(${length}, '.')`);
    const body = `for (let i = 0; i < 6; i++) for (const t of [${bodies.join(', ')}]) await writeShort(1, t, '');`;
    const lazy = `import os, subprocess, sys, time, hashlib
r, w = os.pipe()
os.set_blocking(w, False)
p = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
time.sleep(0.3)
got = b''
while True:
    part = os.read(r, 5000)
    if not part: break
    got += part
    if len(got) < 150000: time.sleep(0.001)
want = b''.join(str(n).encode().ljust(n, b'.') for n in (4096, 4097, 100000)) * 6
print(p.wait(), got == want)
`;
    writeFileSync(at('lazy.py'), lazy);
    expect(child(runtime, body, `python3 lazy.py RUN`).out).toBe('0 True\n');
  });
  it('is refused if its reader has gone, or the descriptor is not open for writing', () => {
    const gone = `await new Promise((r) => setTimeout(r, 200)); ${write(`'x'`)}`;
    expect(child(runtime, gone, 'RUN | true').err).toMatch(/^OutputClosed/);
    const shut = 'UsageError the answer is not open for writing';
    expect(child(runtime, write(`'x'`, 9), 'RUN 9>&-').err).toBe(shut);
    expect(child(runtime, write(`'x'`, 9), 'RUN 9<plain').err).toBe(shut);
  });
  it.runIf(process.platform === 'linux')('is refused if the disk is full', () => {
    expect(child(runtime, write(`'x'`), 'RUN >/dev/full').err).toMatch(/ENOSPC/);
  });
});
