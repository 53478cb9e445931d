/** What the real Fulcio and Rekor refuse, and what we refuse before they are asked: readable, and nothing signed. */

import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ALICE,
  allow,
  BOB,
  executable,
  forms,
  judged,
  signPayload,
  stack,
  stackRepository,
  tokenOf,
  workflowToken,
} from '../support/stack.ts';

interface LogSize {
  readonly treeSize: number;
}

async function logged(): Promise<number> {
  const answer = await fetch(`${stack.urls.rekor}/api/v1/log`);
  return ((await answer.json()) as LogSize).treeSize;
}

describe.each(forms)('the $name', (form) => {
  it('the wrong account is refused before anything is published (D03)', async () => {
    const repository = stackRepository(form);
    const before = await logged();
    const { exit, out, err } = await signPayload(
      repository,
      { token: await tokenOf({ email: BOB }) },
      { SIGNET_IDENTITY: ALICE },
    );
    expect([exit, out]).toEqual([4, '']);
    expect(err).toContain(`logged in as ${BOB}, but this repository expects ${ALICE}`);
    expect(await logged()).toBe(before);
  });

  it('makes one line of Fulcio’s refusal of another audience’s token', async () => {
    const repository = stackRepository(form);
    const token = await tokenOf({ audience: 'other' });
    const ours = await signPayload(repository, { token });
    expect([ours.exit, ours.out]).toEqual([4, '']);
    expect(ours.err).toContain('it is for other, not for sigstore');
    // the same, where we cannot know better than Fulcio
    const theirs = await signPayload(repository, { token }, { GITSIGN_OIDC_CLIENT_ID: 'other' });
    expect([theirs.exit, theirs.out]).toEqual([4, '']);
    expect(theirs.err).toMatch(
      /^(?:git-signet: identity from .*\n)?git-signet: the certificate authority \(127\.0\.0\.1:\d+\) refused the identity of alice@example\.test from http:\S+: There was an error processing the identity token\n {2}\S.*\n$/,
    );
  });

  it('hears Fulcio refuse a token that its issuer did not sign', async () => {
    const token = await tokenOf({ foreignKey: true });
    const { exit, out, err } = await signPayload(stackRepository(form), { token });
    expect([exit, out]).toEqual([4, '']);
    expect(err).toContain('refused the identity of alice@example.test');
    expect(err).not.toContain(token);
  });

  it('makes no commit when the token is refused', async () => {
    const repository = stackRepository(form);
    const first = await repository.commit('one');
    await expect(
      repository.commit('two', { token: await tokenOf({ foreignKey: true }) }),
    ).rejects.toThrow();
    expect(repository.must('rev-parse', 'HEAD')).toBe(first);
  });
});

describe('a workflow', () => {
  const workflow = {
    repository: 'acme/app',
    path: '.github/workflows/release.yml',
    ref: 'refs/heads/main',
  };
  const identity = `https://github.com/${workflow.repository}/${workflow.path}@${workflow.ref}`;

  it('is certified by the real Fulcio under its own name, and held to it', async () => {
    const repository = stackRepository(executable);
    const { workflowIssuer } = stack.urls;
    const token = await workflowToken(workflow);
    await repository.commit('release', { token }, { SIGNET_ISSUER: workflowIssuer });
    const flags = (repo: string) => [
      ...allow(identity, workflowIssuer),
      ...['--certificate-github-workflow-repository', repo, 'HEAD'],
    ];
    expect(await judged(repository, flags('acme/app'))).toMatchObject({
      status: 'verified',
      signer: { kind: 'uri', value: identity },
    });
    expect(await judged(repository, flags('acme/fork'))).toMatchObject({ status: 'not-allowed' });
  });
});

describe('Rekor', () => {
  let proxy: Server | undefined;
  afterEach(() => proxy?.close());

  /** In front of the log: hands each request on, and hangs up on the first answer to an entry. */
  function forgetful(log: string, seen: string[]): Promise<string> {
    let hungUp = false;
    proxy = createServer((incoming, outgoing) => {
      const { method, headers, url = '/' } = incoming;
      const inner = request(`${log}${url}`, { method, headers }, (answer) => {
        seen.push(`${method} ${url.replace(/[0-9a-f]{80}/, 'UUID')} ${answer.statusCode}`);
        if (method === 'POST' && !hungUp) {
          hungUp = true;
          answer.resume().once('end', () => outgoing.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(inner);
    });
    const server = proxy;
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
    });
  }

  it.each(forms)(
    'says 409 to an entry that it has, and the $name takes that very entry',
    async (form) => {
      const seen: string[] = [];
      const url = await forgetful(stack.urls.rekor, seen);
      const repository = stackRepository(form);
      const before = await logged();
      const id = await repository.commit('a change', {}, { SIGNET_REKOR_URL: url });
      expect([id, seen]).toEqual([
        expect.stringMatching(/^[0-9a-f]{40}$/),
        [
          'POST /api/v1/log/entries 201',
          'POST /api/v1/log/entries 409',
          'GET /api/v1/log/entries/UUID 200',
        ],
      ]);
      expect(await logged()).toBe(before + 1);
      expect(await judged(repository, [...allow(), id])).toMatchObject({
        status: 'verified',
      });
    },
  );

  it.each(forms)('v2 says 409 and not where: the $name signs the same again', async (form) => {
    const seen: string[] = [];
    const url = await forgetful(stack.urls.rekorV2, seen);
    const repository = stackRepository(form);
    const id = await repository.commit('a change', { rekorVersion: 2 }, { SIGNET_REKOR_URL: url });
    expect(seen).toEqual([
      'POST /api/v2/log/entries 201',
      'POST /api/v2/log/entries 409',
      'POST /api/v2/log/entries 201',
    ]);
    expect(await judged(repository, [...allow(), id])).toMatchObject({ status: 'verified' });
  });
});
