/** `git signet policy check`: can it be read, and is there anything in it that its author would not expect? */

import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import { visible } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import { oddities } from '../../core/policy/lint.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import { ExitCode } from '../../errors.ts';
import { readOpenPgpKeys } from '../../gate/keys/openpgp.ts';
import { POLICY_PATH } from '../../gate/policy/choice.ts';
import { fileAt, readPolicyAt, readPolicyFile } from '../../gate/policy/file.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';

/** `REV:PATH` is a revision's, anything else a file. */
export function isAtRevision(name: string): boolean {
  return /^[^/.~:][^:]*:./.test(name);
}

async function readNamed(name: string, { cwd, env }: Invocation): Promise<IdentityPolicy> {
  const crypto = await loadCrypto();
  const file = isAtRevision(name) ? fileAt(name) : undefined;
  return file === undefined
    ? readPolicyFile(resolve(cwd, name), crypto)
    : readPolicyAt(file, { cwd, env, crypto });
}

const run: Run = async ({ positionals: [name = POLICY_PATH] }, invocation) => {
  const { streams, now } = invocation;
  const policy = await readNamed(name, invocation);
  await readOpenPgpKeys(policy);
  const found = oddities(policy, now());
  for (const { where, what } of found) writePage(streams, `${visible(`${where}: ${what}`)}\n`);
  const signers = new Set([...policy.rules, ...(policy.keys ?? [])].map((rule) => rule.name)).size;
  const rules = (policy.commits?.length ?? 0) + (policy.tags?.length ?? 0);
  const odd = found.length === 0 ? 'nothing odd' : `${found.length} to look at`;
  writePage(streams, `${plural(signers, 'signer')}, ${plural(rules, 'rule')}: ${odd}\n`);
  return found.length === 0 ? ExitCode.ok : ExitCode.notAllowed;
};

export const command: Command = {
  summary: 'look a policy over',
  positionals: [{ name: 'FILE | REV:PATH', takes: 'file', optional: true }],
  about: ['names oddities, e.g. rules that nothing reaches (default: .signet.yaml)'],
  run,
};
