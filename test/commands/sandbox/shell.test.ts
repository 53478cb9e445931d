import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { greet, withOwnProgram } from '../../../src/commands/sandbox/shell.ts';
import { catchInvocation } from '../../support/invocation.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const home = scratchDirectory('shell');
afterAll(() => rmSync(home, { recursive: true, force: true }));
const [empty, full] = [join(home, 'empty'), join(home, 'full')];
for (const folder of [empty, full]) mkdirSync(folder);
const installed = join(full, 'git-signet');
writeFileSync(installed, '#!/bin/sh\n');
chmodSync(installed, 0o755);

describe('PATH of a sandbox', () => {
  it('leads to the program that made the sandbox, after everything else', () => {
    const env = { PATH: `${empty}:/usr/bin` };
    expect(withOwnProgram(env, installed)).toEqual({ PATH: `${empty}:/usr/bin:${full}` });
  });

  it('stays as it is if it leads to a git-signet, or if the program has another name', () => {
    const env = { PATH: full };
    expect(withOwnProgram(env, '/elsewhere/git-signet')).toBe(env);
    const other = { PATH: empty };
    expect(withOwnProgram(other, '/opt/bin/bun')).toBe(other);
    expect(withOwnProgram({}, installed)).toEqual({});
  });
});

describe('the greeting of a sandbox', () => {
  const told = (
    command: readonly string[],
    terminals = { inputIsTerminal: true, outputIsTerminal: true },
    onPage = false,
  ): string => {
    const { invocation, talk } = catchInvocation({ args: [] });
    const { streams, terminal } = invocation;
    greet({ terminal, streams: { ...streams, ...terminals } }, command, {
      email: 'bob@example.test',
      onPage,
    });
    return talk();
  };

  it('names the signer and three commands to try', () => {
    expect(told(['sh'])).toContain('you sign as bob@example.test');
    expect(told(['sh']).match(/^ {2}git /gm)).toHaveLength(3);
    expect(told(['sh'], undefined, true)).not.toContain('bob@example.test');
  });

  it('is not there for a command, or without a terminal', () => {
    expect(told(['git', 'commit'])).toBe('');
    expect(told(['sh'], { inputIsTerminal: false, outputIsTerminal: true })).toBe('');
    expect(told(['sh'], { inputIsTerminal: true, outputIsTerminal: false })).toBe('');
  });
});
