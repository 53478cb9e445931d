/** What a newcomer types in the first week, and what the program says. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';

const repository = scratchRepository('first-week');
const signet = (args: readonly string[], more: Record<string, string> = {}) =>
  run(programUnderTest(), args, { cwd: repository.path, env: { ...repository.env, ...more } });

describe('the first week', () => {
  it('a file that is not there is named once, and the reason is in words', () => {
    const file = join(repository.path, 'nothing.yaml');
    for (const args of [
      ['policy', 'check', 'nothing.yaml'],
      ['verify', '--policy', 'nothing.yaml', 'HEAD'],
    ]) {
      expect(signet(args)).toMatchObject({
        exit: 2,
        out: '',
        err: `git-signet: ${file}: there is no such file (ENOENT)\n`,
      });
    }
    expect(signet(['trust', 'show'], { SIGNET_TRUST: '/nonexistent' }).err).toBe(
      'git-signet: /nonexistent: there is no such file (ENOENT)\n',
    );
  });

  it('policy check on a broken file says where, and does not suggest itself', () => {
    writeFileSync(join(repository.path, 'broken.yaml'), 'version: 1\nsigner:\n  - {name: a}\n');
    const { exit, err } = signet(['policy', 'check', 'broken.yaml']);
    expect(exit).toBe(2);
    expect(err).toMatch(/broken\.yaml, line 2, column 1: unknown key 'signer'/);
    expect(err).toMatch(/\n {2}what a policy may say: git signet help policy\n$/);
    expect(err).not.toContain('policy check');
  });

  it('BROWSER that names no program is what is to blame', () => {
    const env = { BROWSER: '/nonexistent', DISPLAY: '', GIT_TERMINAL_PROMPT: '1' };
    const at = run('setsid', ['-w', programUnderTest(), 'doctor', '--offline'], {
      cwd: repository.path,
      env: { ...repository.env, ...env },
    });
    expect(at.out).toMatch(/^fail {2}login .*BROWSER names no program here \(\/nonexistent\)/m);
  });

  it('doctor counts one of a thing in the singular', () => {
    const { out } = signet(['doctor', '--offline']);
    expect(out).toMatch(/^ok +trust +.*: \d+ (?:authority|authorities), \d+ logs?$/m);
    expect(out).not.toMatch(/\b1 (?:authorities|logs|days)\b/);
  });

  it.each([
    ['whoami', 'status'],
    ['verify-commit', 'verify'],
  ])('%s leads to %s', (word, meant) => {
    expect(signet([word]).err).toBe(
      `git-signet: unknown command '${word}'\n  did you mean: git signet ${meant}\n`,
    );
  });

  it('a subcommand has a help of its own, and the help of settings has meanings and defaults', () => {
    const help = signet(['help', 'policy', 'init']);
    expect([help.exit, help.out]).toEqual([0, expect.stringMatching(/^git signet policy init /)]);
    expect(signet(['policy', 'init', '--help']).out).toBe(help.out);
    const settings = signet(['help', 'settings']).out;
    expect(settings).toMatch(
      /^ {2}signet\.loginTimeout {2}\(seconds\)\n {4}How long a login may take\.\n {4}Default: 120\. A repository may set nothing\.$/m,
    );
    const blocks = settings.split(/^ {2}signet\./m).slice(1);
    expect(blocks.length).toBeGreaterThan(40);
    expect(blocks.filter((block) => !/\bDefault:/.test(block))).toEqual([]);
  });
});
