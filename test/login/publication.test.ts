/** Before an identity becomes public: who is asked, when, and what is remembered. */

import { readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agreeToPublish } from '../../src/login/publication.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { fakeTerminal } from '../support/signing.ts';

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
  /** What is typed after that; then input ends. */
  readonly later?: readonly string[];
  readonly issuer?: string;
  readonly committer?: string | undefined;
  readonly disputed?: boolean;
}

async function agree({
  typed,
  later = [],
  fresh = true,
  interactive = true,
  told = false,
  who = 'alice@example.test',
  issuer = 'https://i',
  // the account that logs in is the committer, unless a test says otherwise
  committer = who,
  disputed = false,
  ...flags
}: Case) {
  const terminal = { ...fakeTerminal(interactive) };
  const questions: string[] = [];
  const answers = [typed, ...later];
  const said: string[] = [];
  const request = {
    settings: await loadSettings({ env: {}, cwd: '/', gitConfig: '', flags }),
    env: { HOME: home },
    terminal: {
      ...terminal,
      say: (line: string) => void said.push(line),
      ask: async (question: string) => {
        questions.push(question);
        return answers.shift();
      },
    },
    context: { repository: 'parser', kind: 'commit', subject: 's' } as const,
    issuerUrl: issuer,
    committer: { name: 'Carol', email: committer },
  };
  const claims = {
    issuer,
    certificateIssuers: [issuer],
    kind: 'email',
    challenge: who,
    names: [who],
    expires: 4e9,
  } as const;
  const error = await agreeToPublish(request, {
    ...{ claims, fresh, told, disputed: () => disputed },
  }).then(
    () => undefined,
    (e: unknown) => e,
  );
  return { questions, error, said };
}

const refused = expect.objectContaining({
  code: 'PUBLICATION_REFUSED',
  exitCode: 4,
  hint: expect.stringContaining('nothing was published'),
});

describe('agreeToPublish', () => {
  it('without a terminal and a setting, the error says how to agree', async () => {
    expect((await agree({ interactive: false })).error).toMatchObject({
      code: 'PUBLICATION_REFUSED',
      hint: expect.stringContaining('git config --global signet.publishIdentity yes'),
    });
  });

  it('the question says what becomes public, and for whom', async () => {
    const { questions } = await agree({ typed: 'y' });
    expect(questions).toEqual([
      'this will be public forever: alice@example.test, the time, and a fingerprint of the signature. Go on? [y/n/always]',
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

  it.each<[readonly string[], boolean, number]>([
    [['y'], true, 2],
    [['', 'maybe', 'always'], true, 4],
    [['n'], false, 2],
    [['', 'no', 'y'], false, 3],
  ])('an early Enter is asked again, and then %j decides', async (later, agreed, times) => {
    const { questions, error } = await agree({ typed: '', later });
    expect(error).toEqual(agreed ? undefined : refused);
    expect(questions).toHaveLength(times);
    expect(questions[1]).toBe('please type yes or no or always:');
  });

  it('the answer "always" is kept by issuer and account, in a file that names neither', async () => {
    await agree({ typed: 'always' });
    expect(await agree({ typed: 'n' })).toEqual({ questions: [], error: undefined, said: [] });
    expect((await agree({ typed: 'n', who: 'bob@example.test' })).error).toEqual(refused);
    expect((await agree({ typed: 'n', issuer: 'https://j' })).error).toEqual(refused);
    const directory = join(home, '.local/state/git-signet');
    const [name = ''] = readdirSync(directory);
    expect(readdirSync(directory)).toHaveLength(2);
    expect(name).toMatch(/^agreed-[0-9a-f]{64}$/);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, name))).toMatchObject({ size: 0 });
  });

  it('a refusal fits a login as well as a signature', async () => {
    expect((await agree({ typed: 'n' })).error).toMatchObject({
      code: 'PUBLICATION_REFUSED',
      message: expect.stringContaining('alice@example.test'),
    });
  });

  it('the answer "y" is not kept', async () => {
    await agree({ typed: 'y' });
    expect((await agree({ typed: 'y' })).questions).toHaveLength(1);
  });

  it.each<[string, Case, boolean]>([
    ['agreed to beforehand', { publishIdentity: 'yes' }, true],
    ['forbidden, whatever the source', { publishIdentity: 'no', fresh: false }, false],
    ['forbidden to a person too', { publishIdentity: 'no', typed: 'y' }, false],
    ['a token from the environment', { fresh: false }, true],
    ['no terminal: the page said it, the click agreed', { interactive: false, told: true }, true],
    ['no terminal, and no setting that agrees (O11)', { interactive: false }, false],
    ['… but agreed to beforehand', { interactive: false, publishIdentity: 'yes' }, true],
    ['… or a token from the environment', { interactive: false, fresh: false }, true],
  ])('%s: no question is asked', async (_name, one, agreed) => {
    const { questions, error } = await agree(one);
    expect(questions).toEqual([]);
    expect(error).toEqual(agreed ? undefined : refused);
  });
});

const BOB = 'bob@example.test';
const stranger = { who: BOB, committer: 'alice@example.test' } as const;
const unexpected = expect.objectContaining({ code: 'IDENTITY_UNEXPECTED', exitCode: 4 });
const askedFor = {
  commit:
    'this will be public forever: bob@example.test, the time, and a fingerprint of the signature. Sign as bob@example.test? [y/n/always]',
  agreed: 'Sign as bob@example.test? [y/n]',
};

describe('an unexpected account', () => {
  it.each<[string, Case, string]>([
    ['with what becomes public', {}, askedFor.commit],
    ['alone where that is agreed to', { publishIdentity: 'yes' }, askedFor.agreed],
  ])(
    'another account is confirmed by name in one question, %s (O20)',
    async (_name, more, question) => {
      const { questions, said, error } = await agree({ ...stranger, ...more, typed: 'y' });
      expect(questions).toEqual([question]);
      expect(said).toEqual([
        'logged in as bob@example.test, but the committer is alice@example.test, and this account is new here',
      ]);
      expect(error).toBeUndefined();
    },
  );

  it.each(['', 'n', undefined])('nothing is signed if the answer is %j (O20)', async (typed) => {
    const { error } = await agree({ ...stranger, publishIdentity: 'yes', typed });
    expect(error).toEqual(unexpected);
    const again = await agree({ ...stranger, publishIdentity: 'yes', typed: 'y' });
    expect(again.questions).toEqual([askedFor.agreed]);
  });

  it('an account that was confirmed is known at the same issuer (O20)', async () => {
    const agreed = { ...stranger, publishIdentity: 'yes' } as const;
    await agree({ ...agreed, typed: 'y' });
    expect((await agree(agreed)).questions).toEqual([]);
    expect((await agree({ ...agreed, interactive: false, told: true })).error).toBeUndefined();
    expect((await agree({ ...agreed, issuer: 'https://j' })).questions).toHaveLength(1);
  });

  it.each<[string, Case]>([
    ['its page told what becomes public', { told: true }],
    ['publication was agreed to beforehand', { publishIdentity: 'yes' }],
  ])('another account is refused without a terminal, also if %s (O20)', async (_name, more) => {
    const { error, questions } = await agree({ ...stranger, ...more, interactive: false });
    expect(questions).toEqual([]);
    expect(error).toEqual(unexpected);
    expect((error as { hint: string }).hint).toMatch(/git signet login.*git signet use/);
  });

  it.each<[string, Case]>([
    ['it is the committer', { who: BOB, committer: BOB }],
    ['the configuration names it', { ...stranger, identity: BOB } as Case],
    ['its token is in the environment', { ...stranger, fresh: false }],
  ])('no question is asked if %s, with and without a terminal (O20)', async (_name, one) => {
    const known = { ...one, publishIdentity: 'yes', told: true } as const;
    for (const interactive of [false, true]) {
      const { questions, error } = await agree({ ...known, interactive });
      expect([questions, error]).toEqual([[], undefined]);
    }
  });
});

describe('a login whose page was opened twice', () => {
  const disputed = { disputed: true, publishIdentity: 'yes', told: true } as const;

  it('the account of a page is confirmed at the terminal, also if it is known (O19)', async () => {
    await agree({ publishIdentity: 'yes' });
    for (const who of ['alice@example.test', BOB]) {
      const { questions, said } = await agree({ ...disputed, who, typed: 'y' });
      expect(questions).toEqual([`Sign as ${who}? [y/n]`]);
      expect(said).toEqual([`logged in as ${who}, but its page was opened twice`]);
      expect((await agree({ ...disputed, who, typed: 'n' })).error).toEqual(unexpected);
    }
  });

  it('without a terminal only an account that is expected signs, not one that is merely known (O19)', async () => {
    await agree({ ...stranger, publishIdentity: 'yes', typed: 'y' });
    const unattended = { ...disputed, interactive: false };
    expect((await agree({ ...unattended, ...stranger })).error).toEqual(unexpected);
    expect((await agree({ ...unattended, who: BOB })).error).toBeUndefined();
    expect(
      (await agree({ ...unattended, ...stranger, identity: BOB } as Case)).error,
    ).toBeUndefined();
  });
});
