/** Before an identity becomes public: who is asked, when, and what is remembered. */

import { readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/io/config.ts';
import { agreeToPublish } from '../../../src/io/oidc/publication.ts';
import { scratchDirectory } from '../../support/sandbox.ts';
import { fakeTerminal } from '../../support/signing.ts';

let home: string;
beforeEach(() => {
  home = scratchDirectory('home');
});
afterEach(() => rm(home, { recursive: true, force: true }));

interface Case {
  readonly publishIdentity?: string;
  readonly fresh?: boolean;
  readonly interactive?: boolean;
  readonly told?: boolean;
  readonly typed?: string | undefined;
  readonly who?: string;
  readonly issuer?: string;
}

async function agree({
  typed,
  fresh = true,
  interactive = true,
  told = false,
  who = 'alice@example.test',
  issuer = 'https://i',
  ...flags
}: Case) {
  const terminal = { ...fakeTerminal(interactive) };
  const questions: string[] = [];
  const request = {
    settings: await loadSettings({ env: {}, cwd: '/', gitConfig: '', flags }),
    environment: { HOME: home },
    terminal: {
      ...terminal,
      ask: async (question: string) => {
        questions.push(question);
        return typed;
      },
    },
    context: { repository: 'parser', kind: 'commit', subject: 's' } as const,
  };
  const claims = {
    issuer,
    certificateIssuers: [issuer],
    kind: 'email',
    challenge: who,
    names: [who],
    expires: 4e9,
  } as const;
  const error = await agreeToPublish(request, { claims, fresh, told }).then(
    () => undefined,
    (e: unknown) => e,
  );
  return { questions, error };
}

const refused = expect.objectContaining({
  code: 'PUBLICATION_REFUSED',
  exitCode: 4,
  hint: expect.stringContaining('nothing was published'),
});

describe('agreeToPublish', () => {
  it('without a terminal and without a word before, says how to agree', async () => {
    expect((await agree({ interactive: false })).error).toMatchObject({
      message: expect.stringContaining(
        'there is no terminal to ask whether alice@example.test may become public',
      ),
      hint: expect.stringContaining('git config signet.publishIdentity yes'),
    });
  });

  it('says what becomes public, for whom, and asks', async () => {
    const { questions } = await agree({ typed: 'y' });
    expect(questions).toEqual([
      'for ever public in the log: alice@example.test, the time, a fingerprint of this commit. Go on? [y/N/always]',
    ]);
  });

  it.each<[string | undefined, boolean]>([
    ['y', true],
    ['Yes ', true],
    ['always', true],
    ['', false],
    ['n', false],
    ['yeah', false],
    [undefined, false],
  ])('%j means %s', async (typed, agreed) => {
    expect((await agree({ typed })).error).toEqual(agreed ? undefined : refused);
  });

  it('remembers "always", by issuer and account, in a file that names neither', async () => {
    await agree({ typed: 'always' });
    expect(await agree({ typed: 'n' })).toEqual({ questions: [], error: undefined });
    expect((await agree({ typed: 'n', who: 'bob@example.test' })).error).toEqual(refused);
    expect((await agree({ typed: 'n', issuer: 'https://j' })).error).toEqual(refused);
    const directory = join(home, '.local/state/git-signet');
    const [name = ''] = readdirSync(directory);
    expect(name).toMatch(/^agreed-[0-9a-f]{64}$/);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, name))).toMatchObject({ size: 0 });
  });

  it('a refusal fits a login as well as a signature', async () => {
    expect((await agree({ typed: 'n' })).error).toMatchObject({
      message: 'you did not agree that alice@example.test becomes public',
    });
  });

  it('remembers no "y"', async () => {
    await agree({ typed: 'y' });
    expect((await agree({ typed: 'y' })).questions).toHaveLength(1);
  });

  it.each<[string, Case, boolean]>([
    ['agreed to beforehand', { publishIdentity: 'yes' }, true],
    ['forbidden, whatever the source', { publishIdentity: 'no', fresh: false }, false],
    ['forbidden to a person too', { publishIdentity: 'no', typed: 'y' }, false],
    ['a token that somebody put there', { fresh: false }, true],
    ['no terminal: the page said it, the click agreed', { interactive: false, told: true }, true],
    ['O11 no terminal, and nobody has said it', { interactive: false }, false],
    ['… but agreed to beforehand', { interactive: false, publishIdentity: 'yes' }, true],
    ['… or a token that somebody put there', { interactive: false, fresh: false }, true],
  ])('%s: nobody is asked', async (_name, one, agreed) => {
    const { questions, error } = await agree(one);
    expect(questions).toEqual([]);
    expect(error).toEqual(agreed ? undefined : refused);
  });
});
