/** The terminal as a process has it: a child that imports the module, with its streams in our hands. */

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, win32 } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { terminalDevices } from '../../src/system/devices.ts';
import { openLog } from '../../src/system/log-file.ts';
import { talkLine } from '../../src/system/terminal.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const module = new URL('../../src/system/terminal.ts', import.meta.url).href;
const home = scratchDirectory('terminal');

function child(body: string, options: { input?: string; redirect?: string } = {}) {
  const script = `import { processStreams, processTerminal } from '${module}';
const env = { GIT_TERMINAL_PROMPT: '0' };
const streams = processStreams(env); const terminal = processTerminal(env);
${body}`;
  const command = `'${process.execPath}' --input-type=module-typescript -e "$0" ${options.redirect ?? ''}`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command, script], {
    input: options.input ?? '',
    cwd: home,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the controlling terminal', () => {
  it('Windows has a name for reading and one for typing, which no directory changes', () => {
    const { output, input } = terminalDevices('win32');
    expect([output, input]).toEqual(['\\\\.\\CONOUT$', '\\\\.\\CONIN$']);
    // what the runtime makes of a path before it asks the system
    for (const name of [output, input]) expect(win32.toNamespacedPath(name)).toBe(name);
  });
});

describe('a message to a pipe, as git reads it', () => {
  const loads = (module: string): string =>
    child(
      `terminal.say('said'); streams.write(String(process.moduleLoadList.includes('NativeModule ${module}')));`,
    ).stdout;

  it('does not load the module of terminals, which takes a millisecond of every git call', () => {
    expect([loads('fs'), loads('tty')]).toEqual(['true', 'false']);
  });
});

/** A pseudo-terminal: `typed` is read by what `script` runs as if a person typed it. */
function atTerminal(body: string) {
  const source = `import { processTerminal } from '${module}';
import { existsSync } from 'node:fs';
const terminal = processTerminal({});
${body}`;
  const file = join(home, 'asks.ts');
  writeFileSync(file, source);
  const running = spawn('script', ['-qec', `'${process.execPath}' '${file}'`, '/dev/null'], {
    cwd: home,
    stdio: 'pipe',
  });
  let seen = '';
  running.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString('utf8');
  });
  return {
    type: (text: string) => void running.stdin.write(text),
    sees: (text: string) => vi.waitFor(() => expect(seen).toContain(text), { timeout: 20_000 }),
    ended: () => new Promise<string>((resolve) => running.on('close', () => resolve(seen))),
  };
}

describe('a question at a terminal', () => {
  it.runIf(process.platform === 'linux').each([
    ['a whole line', 'early\n'],
    ['a line without Enter', 'early'],
  ])('a question is not answered by %s that was typed before it', async (name, early) => {
    const go = join(home, `go-${name.length}`);
    const asks = `process.stdout.write('ready\\n');
while (!existsSync('${go}')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
process.stdout.write('<' + await terminal.ask('who?') + '>\\n');`;
    const person = atTerminal(asks);
    const ended = person.ended();
    await person.sees('ready');
    person.type(early);
    // the terminal's echo: the kernel keeps it for the next reader
    await person.sees('early');
    writeFileSync(go, '');
    await person.sees('who?');
    person.type('late\n');
    expect(await ended).toMatch(/<late>/);
  });
});

describe('streams', () => {
  it('talk goes to stderr, escaped, and never to stdout (S10)', () => {
    const ran = child(`terminal.say('a\\x1b[31m\\u202eb\\nc'); terminal.hint('d\\x07');`);
    expect([ran.stdout, ran.stderr]).toEqual([
      '',
      'git-signet: a\\x1b[31m\\u{202e}b\\x0ac\n  d\\x07\n',
    ]);
  });
  it('output is whole, whatever the reader does', () => {
    const ran = child(
      `streams.write('x'.repeat(3_000_000)); streams.write(Uint8Array.from([0xff]));`,
      {
        redirect: '| (sleep 0.2; wc -c)',
      },
    );
    expect(ran.stdout.trim()).toBe('3000001');
  });
  it('a reader that has gone is an error with a name', () => {
    const body = `try { for (;;) streams.write('x'.repeat(100_000)); } catch (e) { terminal.say(e.name); process.exit(9); }`;
    const ran = child(body, { redirect: '| true' });
    expect(ran.stderr).toBe('git-signet: OutputClosed\n');
  });
  it('stdin comes as bytes, and no longer than allowed', () => {
    const input = Array.from({ length: 30_000 }, (_, i) => `${i} `).join('');
    expect(child(`streams.write(streams.readInput(1e9))`, { input }).stdout).toBe(input);
    // the room for it is used up to the last byte
    const exact = input.slice(0, 64 * 1024);
    expect(child(`streams.write(streams.readInput(1e9))`, { input: exact }).stdout).toBe(exact);
    expect(child(`streams.write(streams.readInput(1e9))`).stdout).toBe('');
    const ran = child(`try { streams.readInput(10) } catch (e) { streams.write(e.message) }`, {
      input: 'x'.repeat(99),
    });
    expect(ran.stdout).toBe('standard input is longer than 10 bytes');
  });
  it('stdin comes line by line, also across chunks and without a last line end', () => {
    const long = 'y'.repeat(70_000);
    const body = `for await (const line of streams.inputLines()) streams.write(line.length + ' ');`;
    expect(child(body, { input: `a\n\n${long}é\nlast` }).stdout).toBe('1 0 70001 4 ');
  });
  it('descriptors 1 and 2 are stdout and stderr', () => {
    const ran = child(`streams.status(1).write('one'); streams.status(2).write('two');`);
    expect([ran.stdout, ran.stderr]).toEqual(['one', 'two']);
  });
  it('another descriptor is what the caller opened', () => {
    const ran = child(`streams.status(7).write('seven');`, { redirect: '7>seven' });
    expect([ran.status, readFileSync(join(home, 'seven'), 'utf8')]).toEqual([0, 'seven']);
    const closed = child(
      `try { streams.status(99).write('x') } catch (e) { streams.write(e.message) }`,
    );
    expect(closed.stdout).toBe('--status-fd 99 is not open for writing');
  });
  it.runIf(process.platform === 'linux')('a full disk is said to be one, and is no bug', () => {
    const body = `try { streams.write('x') } catch (e) { streams.status(2).write(e.exitCode + ' ' + e.message) }`;
    const ran = child(body, { redirect: '>/dev/full' });
    expect(ran.stderr).toBe(
      '2 the output cannot be written: the disk is full, or has no room for more files (ENOSPC)',
    );
  });
  it('no question is asked if questions are forbidden, and stdin is not read (F6)', () => {
    const body = `streams.write(terminal.interactive + ' ' + await terminal.ask('who?') + ' ' + streams.readInput(1e9).length)`;
    expect(child(body, { input: 'payload' }).stdout).toBe('false undefined 7');
  });
});

describe('the log file (S14)', () => {
  const plain = join(home, 'log');
  const victim = join(home, 'victim');
  writeFileSync(victim, 'precious');

  it('the log file is appended to, private, and holds no token', () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(30)}.${'b'.repeat(30)}`;
    const body = `await terminal.copyTo('${plain}'); terminal.say('token ${token}'); terminal.hint('x');`;
    child(body);
    child(body);
    expect(readFileSync(plain, 'utf8')).toBe('git-signet: token <token>\n  x\n'.repeat(2));
    expect(statSync(plain).mode & 0o777).toBe(0o600);
  });
  it('the log file is never reached through a symbolic link', () => {
    symlinkSync(victim, join(home, 'symlink'));
    expect(() => openLog(join(home, 'symlink'))).toThrow(
      expect.objectContaining({ code: 'CONFIG', exitCode: 2 }),
    );
  });
  it('the log file is never reached through a hard link', () => {
    linkSync(victim, join(home, 'hardlink'));
    expect(() => openLog(join(home, 'hardlink'))).toThrow(
      expect.objectContaining({ code: 'CONFIG', exitCode: 2 }),
    );
  });
  it('the log file is no folder or device, and is not made through a dangling link', () => {
    mkdirSync(join(home, 'folder'));
    symlinkSync(join(home, 'made'), join(home, 'dangling'));
    for (const path of [
      join(home, 'folder'),
      '/dev/null',
      join(home, 'dangling'),
      join(home, 'no', 'where'),
    ]) {
      expect(() => openLog(path)).toThrow(expect.objectContaining({ exitCode: 2 }));
    }
    expect(existsSync(join(home, 'made'))).toBe(false);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });
});

it('a line is one line (S10)', () => {
  expect(talkLine('p: ', 'a\r\nb\u2028c')).toBe('p: a\\x0d\\x0ab\\u{2028}c\n');
});
