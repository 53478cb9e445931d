/** `git signet verify-vsa`: who believes a summary without any history, and what is refused. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { issueStatement, type StatementSigning } from '../support/statement-bundle.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const URI = 'git+https://git.example.test/team/parser';
const GATE = { email: 'bob@example.test' };

/** A commit, the statement of a run over it as the program writes it, and a place without a repository. */
async function scene(name: string) {
  const made = policyScene(name, sandbox());
  const { repository, commit, policy, bob, file, branch } = made;
  const base = await commit({});
  const id = await commit({ parents: [base], subject: 'a second change' });
  branch('main', id);
  const who = file(policy('vsa: {by: [bob]}\n', bob));
  const trust = ['--trusted-root', sandbox().files.trustedRoot];
  const run = ['verify', ...trust, '--offline', '--policy', who, '--format', 'vsa'];
  const { out } = await signet(repository, [...run, '--repository-uri', URI, `${base}..main`]);
  const statement = JSON.stringify(JSON.parse(out));
  const path = mkdtempSync(join(tmpdir(), 'git-signet-nowhere-'));
  const nowhere = { path, env: { ...repository.env, GIT_CEILING_DIRECTORIES: tmpdir() } };
  const sign = (text = statement, signing: StatementSigning = GATE) =>
    issueStatement(sandbox(), text, signing);
  const altered = (alter: (made: Record<string, unknown>) => void): string => {
    const copy = JSON.parse(statement);
    alter(copy);
    return JSON.stringify(copy);
  };
  let files = 0;
  const ask = async (bundle: string, ...args: string[]) => {
    files += 1;
    const summary = join(path, `${files}.json`);
    writeFileSync(summary, bundle);
    const asked = ['verify-vsa', ...trust, '--policy', who, '--repository-uri', URI];
    const answered = await signet(nowhere, [
      ...asked,
      '--vsa',
      summary,
      '--format',
      'json',
      ...args,
      id,
    ]);
    const said = answered.out === '' ? {} : JSON.parse(answered.out);
    return { exit: answered.exit, code: said.verdicts?.[0]?.code, said, talk: answered.talk };
  };
  return { ...made, base, id, who, trust, statement, sign, altered, ask, nowhere };
}

describe('a summary where no repository is', () => {
  it('a signed summary says who vouches, for what, by which policy and at which levels', async () => {
    const { id, base, sign, ask } = await scene('vsa-far');
    const ref = ['--ref', 'refs/heads/main', '--level', '1', '--level', 'ORG_SOURCE_SIGNED'];
    const { exit, said } = await ask(await sign(), ...ref, '--max-age', '1h');
    expect({ exit, result: said.result }).toEqual({ exit: 0, result: 'passed' });
    expect(said.summary).toMatchObject({
      ...{ id, type: 'commit', repository: URI, refs: ['refs/heads/main'], names: ['bob'] },
      ...{ levels: ['SLSA_SOURCE_LEVEL_1', 'ORG_SOURCE_SIGNED'], without: [base] },
    });
  });

  it('a flag that names the signer is enough, and for another issuer it is not', async () => {
    const { id, sign, nowhere, trust, issuer } = await scene('vsa-flags');
    const bundle = await sign();
    writeFileSync(join(nowhere.path, 'b.json'), bundle);
    const by = async (from: string) => {
      const who = ['--certificate-identity', GATE.email, '--certificate-oidc-issuer', from];
      const asked = [
        'verify-vsa',
        ...trust,
        ...who,
        '--repository-uri',
        URI,
        '--vsa',
        'b.json',
        id,
      ];
      return (await signet(nowhere, asked)).exit;
    };
    expect([await by(issuer), await by('https://other.example.test')]).toEqual([0, 6]);
  });

  it('a signer whom the policy does not name for summaries, and a stranger, are not allowed (Z2)', async () => {
    const { sign, ask } = await scene('vsa-signers');
    const by = async (email: string) => ask(await sign(undefined, { email }));
    expect(await by('alice@example.test')).toMatchObject({ exit: 6, code: 'role-not-allowed' });
    expect(await by('eve@example.test')).toMatchObject({ exit: 6, code: 'identity-not-allowed' });
  });

  it('a summary that was changed after it was signed is refused (Z2)', async () => {
    const { sign, ask, altered, statement } = await scene('vsa-forged');
    const levels = altered(({ predicate }) => {
      (predicate as { verifiedLevels: string[] }).verifiedLevels = ['SLSA_SOURCE_LEVEL_3'];
    });
    const forged = await issueStatement(sandbox(), levels, { ...GATE, instead: statement });
    expect(await ask(forged)).toMatchObject({ exit: 1 });
    expect(await ask((await sign()).replace('"sig":"M', '"sig":"N'))).toMatchObject({ exit: 1 });
  });

  it.each<[string, string[]]>([
    ['another repository', ['--repository-uri', `${URI}-fork`]],
    ['another ref', ['--ref', 'refs/heads/release']],
    ['a higher level', ['--level', '2']],
    ['a property that is not claimed', ['--level', 'ORG_SOURCE_TWO_PARTY']],
    ['another verifier', ['--verifier-id', 'https://verifier.example.test']],
  ])('a good summary does not answer for %s (Z3)', async (_, args) => {
    const { sign, ask } = await scene('vsa-foreign');
    expect(await ask(await sign(), ...args)).toMatchObject({ exit: 6, code: 'summary-not-met' });
  });

  it('a summary of another commit, a FAILED one, an old one and one of an unknown version are refused (Z4)', async () => {
    const { sign, ask, altered } = await scene('vsa-other');
    const not = { exit: 6, code: 'summary-not-met' };
    const predicate = (more: object) =>
      altered((copy) => Object.assign(copy['predicate'] as object, more));
    const other = altered((copy) => {
      const [subject] = copy['subject'] as { digest: object }[];
      if (subject !== undefined) subject.digest = { gitCommit: 'f'.repeat(40) };
    });
    expect(await ask(await sign(other))).toMatchObject(not);
    const failed = { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] };
    expect(await ask(await sign(predicate(failed)))).toMatchObject(not);
    expect(await ask(await sign(predicate({ slsaVersion: '2.0' })))).toMatchObject(not);
    const old = await sign(undefined, { ...GATE, at: Date.now() - 7200_000 });
    expect(await ask(old, '--max-age', '1h')).toMatchObject(not);
    expect(await ask(old)).toMatchObject({ exit: 0 });
    const type = altered((copy) =>
      Object.assign(copy, { predicateType: 'https://slsa.dev/verification_summary/v2' }),
    );
    expect(await ask(await sign(type))).toMatchObject({ exit: 1, code: 'statement-malformed' });
  });

  it('the newest of several summaries decides, also if it says FAILED (Z7)', async () => {
    const { sign, ask, altered } = await scene('vsa-newest');
    const failed = altered((copy) =>
      Object.assign(copy['predicate'] as object, {
        ...{ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] },
      }),
    );
    const at = Date.now() - 3600_000;
    const [older, newer] = [
      { ...GATE, at },
      { ...GATE, at: at + 60_000 },
    ];
    const good = [await sign(undefined, older), await sign(failed, newer)].join('\n');
    expect(await ask(good)).toMatchObject({ exit: 6, code: 'summary-not-met' });
    const mended = [await sign(failed, older), await sign(undefined, newer)].join('\n');
    expect(await ask(mended)).toMatchObject({ exit: 0 });
  });

  it('mistakes in arguments exit with 2 before anything is read', async () => {
    const { ask, nowhere, trust, who, id } = await scene('vsa-mistakes');
    for (const wrong of [
      ['--level', 'high'],
      ['--ref', 'main'],
      ['--max-age', 'soon'],
      ['--repository-uri', 'parser'],
    ]) {
      expect(await ask('{}', ...wrong)).toMatchObject({ exit: 2, said: {} });
    }
    const asked = ['verify-vsa', ...trust, '--policy', who];
    expect((await signet(nowhere, [...asked, id])).exit).toBe(2);
    expect(
      (await signet(nowhere, [...asked, '--repository-uri', URI, '--vsa', 'x', 'main'])).exit,
    ).toBe(2);
  });

  it('a policy that names no signer of summaries is an error, and never a pass (P05)', async () => {
    const { policy, file, sign, nowhere, trust, id } = await scene('vsa-no-signer');
    writeFileSync(join(nowhere.path, 'b.json'), await sign());
    const asked = ['verify-vsa', ...trust, '--policy', file(policy(), 'none.yaml')];
    const { exit, talk } = await signet(nowhere, [
      ...asked,
      '--repository-uri',
      URI,
      '--vsa',
      'b.json',
      id,
    ]);
    expect(exit).toBe(2);
    expect(talk).toContain('add: vsa: {by: [NAME]}');
  });
});

describe('summaries that a repository keeps', () => {
  it('a commit without a summary is answered as unsigned, with a code of its own', async () => {
    const { repository, trust, who } = await scene('vsa-none');
    const asked = [
      'verify-vsa',
      ...trust,
      '--policy',
      who,
      '--repository-uri',
      URI,
      '--format',
      'json',
    ];
    const { exit, out } = await signet(repository, [...asked, 'main']);
    expect([exit, JSON.parse(out).verdicts[0].code]).toEqual([5, 'summary-missing']);
  });
});
