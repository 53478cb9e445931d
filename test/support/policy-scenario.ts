/** Histories that hold policies: commits by people, workflows and keys, each over a tree of its own. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMessage, generateKey, readPrivateKey, reformatKey, sign } from 'openpgp';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type ScratchRepository, scratchRepository } from './git-repository.ts';
import { treeBytes } from './loose-objects.ts';
import { resultsOf, type Signing, signet, withSignature } from './verify-scenario.ts';

/** Who signs: an e-mail, a whole request to the sandbox, a key, or no signer. */
export type By =
  | 'nobody'
  | { readonly email: string; readonly at?: number }
  | (Signing & { readonly principal?: object })
  | { readonly armor: (payload: Uint8Array) => Promise<string> | string };

export interface PolicyCommit {
  readonly parents?: readonly string[];
  readonly subject?: string;
  readonly by?: By;
  /** The tree's files; without any it is empty. */
  readonly files?: Readonly<Record<string, string>>;
  /** The tree, instead of files. */
  readonly tree?: string;
  readonly committer?: string;
  readonly author?: string;
  /** Unix seconds; default now. */
  readonly date?: number;
  /** Signed, and changed afterwards. */
  readonly tampered?: boolean;
}

const policyFile = '.signet.yaml';

export function policyScene(name: string, sandbox: Sandbox, format: 'sha1' | 'sha256' = 'sha1') {
  const repository = scratchRepository(name, {}, format);
  const trees = new Map<string, string>();
  const { issuer } = sandbox.urls;
  const now = Math.floor(Date.now() / 1000);

  const treeOf = (files: Readonly<Record<string, string>>): string => {
    const key = JSON.stringify(files);
    const known = trees.get(key);
    if (known !== undefined) return known;
    const entries = Object.entries(files).map(([path, text]) => ({
      mode: '100644' as const,
      name: path,
      id: repository.write('blob', Buffer.from(text)),
    }));
    const tree = repository.write('tree', treeBytes(entries));
    trees.set(key, tree);
    return tree;
  };
  const armorFor = async (payload: string, by: By): Promise<string> => {
    if (by === 'nobody') return '';
    if ('armor' in by) return by.armor(Buffer.from(payload));
    return (await sandbox.issueSignature(Buffer.from(payload), by as Signing)).armor;
  };
  const commit = async (fields: PolicyCommit = {}): Promise<string> => {
    const {
      parents = [],
      subject = 'a change',
      by = { email: 'alice@example.test' },
      files = {},
    } = fields;
    const { committer, author, date = now } = fields;
    const own = typeof by === 'object' && 'email' in by ? by.email : 'alice@example.test';
    const lines = [`tree ${fields.tree ?? treeOf(files)}`, ...parents.map((id) => `parent ${id}`)];
    const payload = `${[...lines, `author A <${author ?? own}> ${date} +0000`, `committer C <${committer ?? own}> ${date} +0000`].join('\n')}\n\n${subject}\n`;
    const signed = fields.tampered === true ? payload.replace(subject, 'something else') : payload;
    const armor = await armorFor(signed, by ?? 'nobody');
    return repository.write(
      'commit',
      armor === ''
        ? Buffer.from(payload)
        : withSignature(payload, armor, format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256'),
    );
  };
  const tag = async (
    name_: string,
    object: string,
    by: By = { email: 'alice@example.test' },
    type = 'commit',
  ): Promise<string> => {
    const own = typeof by === 'object' && 'email' in by ? by.email : 'alice@example.test';
    const payload = `object ${object}\ntype ${type}\ntag ${name_}\ntagger T <${own}> ${now} +0000\n\nrelease ${name_}\n`;
    const id = repository.write('tag', Buffer.from(payload + (await armorFor(payload, by))));
    repository.must('update-ref', `refs/tags/${name_}`, id);
    return id;
  };
  /** A policy file with alice, and more. */
  const policy = (more = '', signers = ''): string =>
    `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${issuer}'}\n${signers}${more}`;
  const bob = `  - {name: bob, identity: bob@example.test, issuer: '${issuer}'}\n`;
  const branch = (ref: string, id: string): string => {
    repository.must('update-ref', `refs/heads/${ref}`, id);
    return id;
  };
  const file = (text: string, path = 'policy.yaml'): string => {
    const full = join(repository.home, path);
    writeFileSync(full, text);
    return full;
  };
  const verify = async (...args: string[]) => {
    const trust = ['--trusted-root', sandbox.files.trustedRoot, '--offline', '--format', 'jsonl'];
    const answered = await signet(repository, ['verify', ...trust, ...args]);
    const said = new Map(
      (answered.exit === 2 ? [] : resultsOf(answered)).map((result) => [
        result.objectId,
        result.code ?? `${result.status} ${result.rule ?? ''}`.trim(),
      ]),
    );
    return { ...answered, said };
  };
  return { repository, commit, tag, policy, bob, branch, file, verify, policyFile, now, issuer };
}

export interface OpenPgpPerson {
  /** Armored public key. */
  readonly armored: string;
  /** The same, indented for a policy. */
  readonly indented: string;
  /** Upper-case hex. */
  readonly fingerprint: string;
  /** `at` is when it signs. */
  readonly armor: (payload: Uint8Array, at?: Date) => Promise<string>;
}

/** An OpenPGP key made for the test; `date` is when it was made, and when it signs. */
export async function openPgpPerson(
  name: string,
  options: {
    readonly email?: string;
    readonly date?: Date;
    readonly signsAt?: Date;
    readonly expires?: number;
  } = {},
): Promise<OpenPgpPerson> {
  const { email = 'noreply@github.com', date = new Date(), signsAt = date, expires } = options;
  const userIDs = [{ name, email }];
  const { privateKey, publicKey } = await generateKey({
    ...{ type: 'ecc', curve: 'ed25519Legacy', userIDs, date },
  });
  const key = await readPrivateKey({ armoredKey: privateKey });
  // what is published expires; the key that signs does not, because the library would refuse to sign later
  const published =
    expires === undefined
      ? publicKey
      : (await reformatKey({ privateKey: key, userIDs, date, keyExpirationTime: expires }))
          .publicKey;
  const armored = published.replaceAll('\r', '').trimEnd();
  return {
    armored,
    fingerprint: key.getFingerprint().toUpperCase(),
    indented: armored.replace(/^/gm, '      '),
    armor: async (payload, at = signsAt) => {
      const message = await createMessage({ binary: payload });
      const signature = await sign({ message, signingKeys: key, detached: true, date: at });
      return String(signature).replaceAll('\r', '').trimEnd().concat('\n');
    },
  };
}

/** An SSH key in the repository's home. */
export function sshPerson({ home }: ScratchRepository, name: string) {
  const path = join(home, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
  return {
    line: readFileSync(`${path}.pub`, 'utf8').trim(),
    armor: (payload: Uint8Array, namespace = 'git'): string =>
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', path], {
        input: payload,
        stdio: ['pipe', 'pipe', 'ignore'],
      }).toString(),
  };
}
