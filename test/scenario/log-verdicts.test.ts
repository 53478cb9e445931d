/**
 * Twenty made histories (merges, tags of tags, SHA-256, keys of three kinds): what `git signet log` says of each commit is
 * what `git log --show-signature` says of it, which starts this program, ssh-keygen or gpg for each.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { asCommit, movedHeaders } from '../support/moved-headers.ts';
import { type OpenPgpPerson, openPgpPerson, sshPerson } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signedParts } from '../support/signed-parts.ts';
import { commitPayload, signer, signet, withSignature } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const HISTORIES = 20;
const COMMITS = 9;
const FORMAT = '%H %G? [%GS] [%GF]';

type Kind = 'alice' | 'bob' | 'unsigned' | 'tampered' | 'ssh' | 'openpgp' | 'stranger';
const KINDS: readonly Kind[] = [
  'alice',
  'alice',
  'bob',
  'unsigned',
  'tampered',
  'ssh',
  'openpgp',
  'stranger',
];

/** The same numbers in each run (Park and Miller's generator). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

interface Keys {
  readonly dave: Awaited<ReturnType<typeof sshPerson>>;
  readonly carol: OpenPgpPerson;
}

/** The policy that pins every key, and the same keys where ssh-keygen and gpg look for them. */
function settle(repository: ScratchRepository, { dave, carol }: Keys): void {
  const { home, env, must } = repository;
  const policy = join(home, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1
signers:
  - {name: alice, identity: alice@example.test, issuer: '${sandbox().urls.issuer}'}
  - {name: dave, ssh: 'dave@example.test ${dave.line}'}
  - name: carol
    openpgp: |
${carol.indented}
`,
  );
  const allowed = join(home, 'allowed');
  writeFileSync(allowed, `dave namespaces="git" ${dave.line}\n`);
  must('config', '--global', 'signet.policy', policy);
  must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
  must('config', '--global', 'gpg.ssh.allowedSignersFile', allowed);
  const gpg = join(home, 'gpg');
  // a public key needs no gpg-agent, and a scratch folder must leave no process behind
  const options = `--homedir '${home}' --no-autostart --trust-model always`;
  writeFileSync(gpg, `#!/bin/sh\nexec gpg ${options} "$@"\n`, { mode: 0o755 });
  must('config', '--global', 'gpg.program', gpg);
  const key = join(home, 'carol.asc');
  writeFileSync(key, carol.indented.replaceAll(/^ +/gm, ''));
  const { status, stderr } = spawnSync(gpg, ['--batch', '--quiet', '--import', key], { env });
  if (status !== 0) throw new Error(String(stderr));
}

async function madeHistory(seed: number): Promise<ScratchRepository> {
  const format = seed % 4 === 3 ? 'sha256' : 'sha1';
  const repository = scratchRepository(`log-${seed}`, {}, format);
  const keys: Keys = {
    dave: sshPerson(repository, 'dave'),
    carol: await openPgpPerson('carol', { date: new Date('2024-01-01T00:00:00Z') }),
  };
  const stranger = sshPerson(repository, 'mallory');
  settle(repository, keys);
  const random = randomFrom(seed);
  const by = signer(repository, sandbox());
  const header = format === 'sha256' ? 'gpgsig-sha256' : 'gpgsig';
  const keyed = async (
    fields: Parameters<typeof commitPayload>[0],
    armor: (payload: Uint8Array) => Promise<string> | string,
  ): Promise<string> => {
    const payload = commitPayload(fields);
    return repository.write(
      'commit',
      withSignature(payload, await armor(Buffer.from(payload)), header),
    );
  };
  const made: string[] = [];
  for (let at = 0; at < COMMITS; at += 1) {
    const parents = new Set<string>();
    const wanted = at === 0 ? 0 : 1 + (random(3) === 0 ? 1 + random(2) : 0);
    for (let each = 0; each < wanted; each += 1) {
      const parent = made[Math.max(0, at - 1 - random(3))];
      if (parent !== undefined) parents.add(parent);
    }
    const fields = {
      parents: [...parents],
      subject: `change ${at}\n\n\tA tab, and a body.`,
      format,
    } as const;
    const kind = KINDS[(at + random(KINDS.length)) % KINDS.length] ?? 'alice';
    const make: Readonly<Record<Kind, () => Promise<string>>> = {
      alice: () => by.commit(fields),
      bob: () => by.commit(fields, { email: 'bob@example.test' }),
      unsigned: async () => by.unsigned(fields),
      tampered: () =>
        keyed(
          { ...fields, subject: 'changed' },
          async () => (await sandbox().issueSignature(Buffer.from('as it was signed'), {})).armor,
        ),
      ssh: () => keyed(fields, keys.dave.armor),
      openpgp: () => keyed(fields, keys.carol.armor),
      stranger: () => keyed(fields, stranger.armor),
    };
    made.push(await make[kind]());
  }
  const tip = made.at(-1) ?? '';
  const inner = await by.tag(tip, 'commit', 'inner');
  repository.must('update-ref', 'refs/heads/main', tip);
  repository.must('update-ref', 'refs/heads/side', made.at(-3) ?? '');
  repository.must('update-ref', 'refs/tags/outer', await by.tag(inner, 'tag', 'outer'));
  return repository;
}

describe('git signet log', () => {
  it.each(Array.from({ length: HISTORIES }, (_, seed) => seed))(
    'says in made history %i what git log says, commit by commit',
    async (seed) => {
      const repository = await madeHistory(seed);
      const args = ['log', `--format=${FORMAT}`, 'outer', '--all'];
      const theirs = repository.git(...args);
      const ours = await signet(repository, args);
      expect([theirs.exit, ours.exit, theirs.err]).toEqual([0, 0, '']);
      // the policy names a key, and so does the keyring
      expect(ours.out).toBe(theirs.out.replaceAll(/^(\S+ G) \[carol[^\]]*\]/gm, '$1 [carol]'));
      const shown = repository.git('log', '--show-signature', '--format=%H', '--all').out;
      const told = await signet(repository, ['log', '--format=%GG', '--all']);
      const keyless = (text: string): readonly string[] =>
        text
          .split('\n')
          .filter((line) => /^git-signet: (?!.*(?:SSH|OpenPGP|does not pin))/.test(line));
      expect(keyless(told.out)).toEqual(keyless(shown));
      expect(keyless(told.out).length).toBeGreaterThan(0);

      // without a policy, git's allowed signers and keyring are asked. git 2.39 aborts at %GT if gpg states no trust
      repository.must('config', '--global', '--unset', 'signet.policy');
      const every = ['log', '--format=%H %G? [%GS] [%GK] [%GF] [%GP]', 'outer', '--all'];
      const without = repository.must(...every);
      expect((await signet(repository, every)).out).toBe(`${without}\n`);
    },
    180_000,
  );

  it('asks git about SSH keys with the user’s own file of allowed signers, never with the repository’s (I02)', async () => {
    const repository = scratchRepository('log-ssh');
    const { home, must } = repository;
    const dave = sshPerson(repository, 'dave');
    const payload = commitPayload({ parents: [], subject: 'by dave' });
    const armor = dave.armor(Buffer.from(payload));
    const id = repository.write('commit', withSignature(payload, armor));
    const allowed = join(home, 'allowed');
    writeFileSync(allowed, `dave namespaces="git" ${dave.line}\n`);
    const shown = async (): Promise<string> =>
      (await signet(repository, ['log', '-1', '--format=%G? %GS', id])).out;
    const evil = join(home, 'evil');
    writeFileSync(evil, `#!/bin/sh\ntouch '${home}/ran'\n`, { mode: 0o755 });
    must('config', '--local', 'gpg.ssh.allowedSignersFile', allowed);
    must('config', '--local', 'gpg.ssh.program', evil);
    expect(await shown()).toBe('E \n');
    must('config', '--global', 'gpg.ssh.allowedSignersFile', allowed);
    expect(await shown()).toBe('G dave\n');
    const { out } = await signet(repository, ['log', '-1', '--oneline', id]);
    expect(out).toMatch(/^v [0-9a-f]+ dave {5}by dave\n$/);
    expect(existsSync(join(home, 'ran'))).toBe(false);
    // a policy that pins another key decides, and git's word makes nothing good
    const policy = join(home, 'policy.yaml');
    const other = sshPerson(repository, 'other');
    writeFileSync(
      policy,
      `version: 1\nsigners:\n  - {name: o, ssh: 'o@example.test ${other.line}'}\n`,
    );
    must('config', '--global', 'signet.policy', policy);
    expect(await shown()).toBe('U dave\n');
    const ruled = (await signet(repository, ['log', '-1', '--oneline', id])).out;
    expect(ruled).toMatch(/^x [0-9a-f]+ not allowed by dave\n$/);
    // a signature over other bytes
    const moved = repository.write(
      'commit',
      withSignature(payload.replace('by dave', 'forged'), armor),
    );
    must('config', '--global', '--unset', 'signet.policy');
    const forged = await signet(repository, ['log', '-1', '--oneline', moved]);
    expect(forged.out).toMatch(/^x [0-9a-f]+ refused {2}forged\n$/);
  });

  it('a long history, judged several commits at a time, has the verdicts of verify in git’s order', async () => {
    const repository = scratchRepository('log-long');
    repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
    const by = signer(repository, sandbox());
    const first = by.unsigned();
    let tip = first;
    for (let at = 0; at < 150; at += 1) {
      const fields = { parents: [tip], subject: `change ${at}` };
      tip = at % 3 === 0 ? by.unsigned(fields) : await by.commit(fields);
    }
    const range = `${first}..${tip}`;
    const ids = repository.must('rev-list', range).split('\n');
    const judge = ['--format', 'jsonl', '--unsafe-any-identity', range];
    const verdicts = (text: string) =>
      text.split('\n').flatMap((line) => {
        const { objectId, status, signer: by } = line === '' ? {} : JSON.parse(line);
        return objectId === undefined ? [] : [[objectId, status, by?.value] as const];
      });
    const judged = verdicts((await signet(repository, ['verify', ...judge])).out);
    const wanted = ids.flatMap((id) => judged.filter(([each]) => each === id));
    expect(wanted).toHaveLength(150);
    const { exit, out } = await signet(repository, ['log', '--json', range]);
    expect([exit, verdicts(out)]).toEqual([0, wanted]);
    const marks = (await signet(repository, ['log', '--format=%H %G?', range])).out;
    const words = wanted.map(([id, status]) => `${id} ${status === 'verified' ? 'U' : 'N'}\n`);
    expect(marks).toBe(words.join(''));
  });

  it('refuses what git cannot see, a signature in the wrong place (G18)', async () => {
    const repository = scratchRepository('log-moved');
    repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
    const by = signer(repository, sandbox());
    const base = by.unsigned();
    const id = await by.commit({ parents: [base] });
    const { payload, signature } = signedParts(
      'commit',
      repository.git('cat-file', 'commit', id).bytes,
    );
    expect(asCommit(payload, signature)).toBe(repository.git('cat-file', 'commit', id).out);
    const moved = movedHeaders(payload, signature).find(({ name }) => name.includes('author'));
    const odd = repository.write('commit', Buffer.from(moved?.raw ?? '', 'latin1'));
    const args = ['log', '-1', '--format=%G?', odd];
    expect(repository.must(...args)).toBe('U');
    expect((await signet(repository, args)).out).toBe('E\n');
    const { out } = await signet(repository, ['log', '-1', '--json', odd]);
    expect(JSON.parse(out)).toMatchObject({
      objectId: odd,
      status: 'refused',
      code: 'object-malformed',
    });
  });
});
