/**
 * `git signet policy init`: a policy from those whose signatures in the history verify. It is a proposal: it lists
 * earlier signers, and a person decides. An existing file is never touched.
 *
 * With `--write` the schema goes beside the policy, and the policy's first line names it for editors: a relative path is
 * right in every clone and with no network. A path into an installed package is another one on each machine, and an address
 * has to be fetched.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import { settingOption } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { utf8 } from '../../core/bytes.ts';
import { plural } from '../../core/plural.ts';
import { type Proposal, proposalText } from '../../core/policy/proposal.ts';
import { ConfigError, ExitCode } from '../../errors.ts';
import { type Proposed, proposePolicy } from '../../gate/adoption/propose.ts';
import { verifyContext } from '../../gate/judge.ts';
import { createKeyJudge } from '../../gate/keys/pinned-keys.ts';
import { openLogAccess } from '../../gate/log-entries.ts';
import { POLICY_PATH } from '../../gate/policy/choice.ts';
import { MAX_POLICY, parsePolicy } from '../../gate/policy/file.ts';
import { gitLine, openRepository } from '../../git/repository.ts';
import { settingsHere } from '../../settings/here.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { once } from '../../system/once.ts';
import { otherTrustRoots } from '../../trust/at-hand.ts';
import { loadTrust } from '../../trust/load.ts';

/** Beside the policy, for editors. The gate does not read it. */
const SCHEMA_FILE = '.signet.schema.json';

/** Reads the history with everything that judging it needs. */
async function proposed(invocation: Invocation, args: ParsedArguments): Promise<Proposed> {
  const { cwd, env, now, terminal } = invocation;
  const [revision = 'HEAD'] = args.positionals;
  const repository = await openRepository(cwd, env);
  const settings = await settingsHere(invocation, { flags: args.flags });
  const crypto = await loadCrypto();
  const trust = await loadTrust(settings, crypto);
  const judge = { trust, now: now(), format: repository.format, ignoreSct: false };
  const context = verifyContext(judge, crypto);
  const log = openLogAccess({ settings, crypto, env, now });
  const keys = createKeyJudge({ crypto, env, now: now() });
  const reading = {
    judging: { repository, crypto, context, log, keys },
    otherRoots: once(() => otherTrustRoots(settings, trust, crypto)),
    progress: (done: number) => terminal.progress(`git-signet: read ${done} commits`),
  };
  try {
    return await proposePolicy(revision, args.lists.get('keys') ?? [], reading, { cwd, env });
  } finally {
    terminal.progress(undefined);
    log.close();
    repository.objects.close();
    await keys.close();
  }
}

/** Adds GitHub's key for merges, if it is asked for and made no commit yet. */
function withWebFlow(proposal: Proposal, args: ParsedArguments): Proposal {
  const preset = 'github-web-flow';
  const there = proposal.signers.some(({ of }) => of.kind === 'preset');
  if (there || !args.switches.has(preset)) return proposal;
  const signer = {
    of: { kind: 'preset', preset } as const,
    count: 0,
    committers: new Set<string>(),
  };
  return { ...proposal, signers: [...proposal.signers, signer] };
}

/** Returns what cannot be judged here, for a history that proves no signer. */
function nobody({ since, unproved, elsewhere, refused }: Proposal): ConfigError {
  const unsigned = since?.unsigned ?? 0;
  const parts = [
    ...(unsigned > 0 ? [`${unsigned} unsigned`] : []),
    ...(since !== undefined && since.unproved > 0
      ? [`${since.unproved} that cannot be judged here`]
      : []),
    ...(refused.length > 0 ? [`${refused.length} refused`] : []),
  ].join(', ');
  const [first] = unproved;
  const root = elsewhere[0]?.of.root;
  const hint =
    root !== undefined
      ? `another trust root proves its signers: add --trusted-root '${root}'`
      : (first?.of ?? 'sign a commit first (git signet init), or name keys: --keys FILE');
  return new ConfigError(`no signer of this history can be proved (commits: ${parts})`, { hint });
}

/** Returns the text of the policy, which our own reader accepts. */
async function textOf(proposal: Proposal): Promise<string> {
  const text = proposalText(proposal);
  const bytes = utf8(text);
  if (bytes.length > MAX_POLICY) {
    const many = `${proposal.signers.length} signers make a policy of more than ${MAX_POLICY} bytes`;
    throw new ConfigError(many, {
      hint: 'name a range of newer commits: git signet policy init A..B',
    });
  }
  await parsePolicy(bytes, 'the proposal', await loadCrypto());
  return text;
}

/** Says after writing what is left to a person. */
function sayNext({ signers, since, refused }: Proposal, { terminal }: Invocation): void {
  const strangers = signers.filter(({ of }) => 'vouched' in of && !of.vouched).length;
  if (strangers > 0) {
    terminal.hint(
      `${plural(strangers, 'key is', 'keys are')} marked NOT VERIFIED: nothing here says whose`,
    );
  }
  if (refused.length > 0) {
    const what = plural(refused.length, 'signature is', 'signatures are');
    terminal.hint(`${what} wrong: see the end of the file`);
  }
  terminal.hint('git signet policy check');
  if (since !== undefined && !since.all) {
    terminal.hint(`git signet verify --policy ${POLICY_PATH} ${since.id.slice(0, 12)}..HEAD`);
  }
}

const run: Run = async (args, invocation) => {
  const { cwd, env, streams, terminal } = invocation;
  const { proposal: found, remarks } = await proposed(invocation, args);
  for (const line of remarks) terminal.say(line);
  const proposal = withWebFlow(found, args);
  if (proposal.signers.length === 0) throw nobody(proposal);
  const text = await textOf(proposal);
  if (!args.switches.has('write')) {
    streams.write(text);
    return ExitCode.ok;
  }
  const top = await gitLine(await openRepository(cwd, env), ['rev-parse', '--show-toplevel']);
  const path = join(top, POLICY_PATH);
  const { default: schema } = await import('../../../schema/policy.schema.json', {
    with: { type: 'json' },
  });
  if (!(await writeNew(path, `# yaml-language-server: $schema=${SCHEMA_FILE}\n${text}`))) {
    throw new ConfigError(`${path} is there already: nothing was written`, {
      hint: 'without --write it goes to stdout',
    });
  }
  const wrote = await writeNew(join(top, SCHEMA_FILE), `${JSON.stringify(schema, null, 2)}\n`);
  const kept = `${SCHEMA_FILE}, which was there, stays as it is`;
  terminal.say(`wrote ${path}: look it over, then commit it`);
  terminal.hint(wrote ? `and ${SCHEMA_FILE} beside it, from which editors know its fields` : kept);
  sayNext(proposal, invocation);
  return ExitCode.ok;
};

/** False where something is there already. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

export const command: Command = {
  summary: 'propose a policy',
  positionals: [{ name: 'REV | A..B', takes: 'revision', optional: true }],
  options: {
    write: { meaning: 'into .signet.yaml, if there is none yet' },
    keys: {
      takes: 'file',
      repeated: true,
      meaning: 'OpenPGP or SSH keys that you vouch for',
    },
    'github-web-flow': { meaning: "with GitHub's own key, for merges there" },
    'trusted-root': settingOption('trust', { meaning: 'trust this instead of the built-in root' }),
    'rekor-url': settingOption('rekorUrl', { meaning: 'the log to ask for missing entries' }),
    offline: settingOption('offline', { meaning: 'never ask the network for a log entry' }),
  },
  about: [
    'proposes one, from the history as it is (default: HEAD): logins, SSH and OpenPGP keys, and the commit from which on all are judged',
  ],
  run,
};
