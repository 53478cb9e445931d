/** A person without a browser, a person who refuses, and no person at all: each way to an identity, as git sees it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { makeRepository, type Repository } from '../support/login-scenario.ts';
import { answerDevice, clickThrough, visit } from '../support/person.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
let repository: Repository;
beforeAll(() => {
  repository = makeRepository(sandbox());
});
afterAll(() => repository.close());

/** Requests to those who publish. */
const published = ({ requests }: Sandbox) => {
  const { fulcio, ctLog, rekor, rekorV2, tsa } = requests;
  return { fulcio, ctLog, rekor, rekorV2, tsa };
};
const ASK = { SIGNET_PUBLISH_IDENTITY: 'ask' };
const SSH = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };

describe.skipIf(!haveTools('script'))('git commit -S, the person elsewhere', () => {
  it('a login over SSH uses a code on another device (O11)', async () => {
    const commit = repository.commit('by device', { urlOpener: '' }, SSH);
    const [, address = '', code = ''] = await commit.reads(/open (\S+) and enter (\S+) /);
    await answerDevice(address, code);
    const { code: exit, said } = await commit.ended;
    expect(exit, said).toBe(0);
    expect(said).toMatch(/^git-signet: no browser over SSH: log in on any device$/m);
    expect(said).toMatch(/^git-signet: signed as alice@example\.test \(log entry \d+\)$/m);
  });

  it('a code that is typed', async () => {
    const commit = repository.commit('by hand', { tokenProvider: 'paste' });
    const [, address = ''] = await commit.reads(/^ {2}(http\S+)\r?$/m);
    await commit.reads(/code \(waiting up to 10 min\):/);
    const { body } = await visit(new Map(), address);
    commit.type(/<code>([^<]+)<\/code>/.exec(body)?.[1] ?? '');
    const { code, said } = await commit.ended;
    expect(code, said).toBe(0);
  });
});

describe.skipIf(!haveTools('script'))('git commit -S, before anything becomes public', () => {
  const decide = async (word: string, settings: Record<string, string> = {}) => {
    const commit = repository.commit('think twice', settings, ASK);
    const page = (await clickThrough(await commit.page)).at(-1)?.body;
    // the page and the terminal tell one story
    expect(page).toContain('Logged in as alice@example.test');
    expect(page).toContain('Go back to the terminal');
    expect(page).not.toContain('git has continued');
    await commit.reads(
      /this will be public forever: alice@example\.test, the time, and a fingerprint of the signature\. Go on\? \[y\/n\/always\]/,
    );
    commit.type(word);
    return commit.ended;
  };

  it.each(['n', 'no'])(
    '%j: nothing reached the certificate authority or a log (O13)',
    async (word) => {
      const before = published(sandbox());
      const { code, said } = await decide(word);
      expect(code).toBe(128);
      expect(said).toMatch(
        /^git-signet: you did not agree that alice@example\.test becomes public/m,
      );
      expect(published(sandbox())).toEqual(before);
    },
  );

  it('a terminal that goes away is no agreement', async () => {
    const before = published(sandbox());
    const commit = repository.commit('silence', {}, ASK);
    await clickThrough(await commit.page);
    await commit.reads(/Go on\?/);
    commit.type('\x04');
    const { code, said } = await commit.ended;
    expect(code).toBe(128);
    expect(said).toMatch(
      /did not agree that alice@example\.test becomes public \(there was no answer\)/,
    );
    expect(published(sandbox())).toEqual(before);
  });

  it('the answer "always" is remembered, and the next login does not ask', async () => {
    expect((await decide('always')).code).toBe(0);
    const commit = repository.commit('again', {}, ASK);
    const page = (await clickThrough(await commit.page)).at(-1)?.body;
    expect(page).toContain('git has continued');
    expect(page).not.toContain('terminal');
    const { code, said } = await commit.ended;
    expect(code).toBe(0);
    expect(said).not.toContain('Go on?');
  });

  it('publishIdentity = no refuses to sign without asking', async () => {
    const before = published(sandbox());
    const commit = repository.commit('never', {}, { SIGNET_PUBLISH_IDENTITY: 'no' });
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([
      128,
      expect.stringContaining('no identity may become public (signet.publishIdentity = no, '),
    ]);
    expect(published(sandbox())).toEqual(before);
  });

  it.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['the wrong account', {}, { identity: 'carol@example.test' }],
    ['the wrong committer', { email: 'bob@example.test' }, { matchCommitter: 'true' }],
    ['an unverified e-mail address', { emailVerified: false }, {}],
    ['an expired token', { expiresIn: -120 }, {}],
    ['a token for another audience', { audience: 'vault' }, {}],
  ])('%s: nothing reached them either (O13)', async (_name, claims, settings) => {
    const before = published(sandbox());
    const token = await sandbox().mintToken(claims);
    const commit = repository.commit('refused', settings, { SIGSTORE_ID_TOKEN: token });
    const { code, said } = await commit.ended;
    expect(code).toBe(128);
    expect(said).toMatch(/^git-signet: (SIGSTORE_ID_TOKEN|logged in as)/m);
    expect(said).not.toMatch(/eyJ/);
    // the next step is one that does not meet the same token again
    expect(said).toMatch(/^ {2}.*unset (SIGSTORE_ID_TOKEN|the variable)/m);
    expect(said).not.toContain('run: git signet login');
    expect(published(sandbox())).toEqual(before);
  });
});

describe.skipIf(!haveTools('script'))('the right person', () => {
  it('git’s includeIf names another for one directory, and the issuer is asked for them', async () => {
    const { writeFileSync } = await import('node:fs');
    const { dirname, join } = await import('node:path');
    const work = join(dirname(repository.path), 'work.config');
    writeFileSync(work, '[signet]\n\tidentity = bob@example.test\n');
    repository.git('config', `includeIf.gitdir:${repository.path}/.path`, work);
    const commit = repository.commit('for work');
    // the sandbox answers as the account that the login hints at
    await clickThrough(await commit.page);
    const { code, said } = await commit.ended;
    expect(code, said).toBe(0);
    expect(said).toContain('signing for bob@example.test needs a login');
    expect(said).toContain('signed as bob@example.test');
    repository.git('config', '--unset', `includeIf.gitdir:${repository.path}/.path`);
  });

  it('after a login with the wrong account, the issuer asks which account to use (O13)', async () => {
    const settings = { identity: 'eve@example.test' };
    const wrong = repository.commit('wrong', { identity: 'carol@example.test' });
    const first = await clickThrough(await wrong.page);
    expect(first.some(({ url }) => url.includes('prompt=select_account'))).toBe(false);
    expect((await wrong.ended).said).toContain(
      'logged in as alice@example.test, but this repository expects carol',
    );
    const again = repository.commit('again', { identity: 'carol@example.test' });
    const pages = await clickThrough(await again.page);
    expect(pages.some(({ url }) => /prompt=(consent\+)?select_account/.test(url))).toBe(true);
    await again.ended;
    const other = repository.commit('another', settings);
    const fresh = await clickThrough(await other.page);
    expect(fresh.some(({ url }) => url.includes('select_account'))).toBe(false);
    await other.ended;
  });
});
