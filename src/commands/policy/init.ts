/**
 * `git signet policy init`: a policy from those whose signatures in the history verify. It is a proposal: whoever
 * signed before is listed, and a person decides. An existing file is never touched.
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
import { splitSignedObject } from '../../core/git/signed-object.ts';
import { claimsOf } from '../../core/policy/claims.ts';
import type { Signer } from '../../core/verdict.ts';
import { ConfigError, ExitCode, UsageError } from '../../errors.ts';
import { verifyContext } from '../../gate/judge.ts';
import { openLogAccess } from '../../gate/log-entries.ts';
import { type JudgingContext, judgeOutcome } from '../../gate/outcome.ts';
import { createKeyJudge } from '../../gate/pinned-keys.ts';
import { POLICY_PATH } from '../../gate/policy-choice.ts';
import { planRevisions } from '../../gate/revisions.ts';
import { resolveCommits } from '../../git/names.ts';
import { listed, type ObjectRequest, readObjects } from '../../git/objects.ts';
import { type GitRepository, gitLine, openRepository } from '../../git/repository.ts';
import { settingsHere } from '../../settings/here.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { loadTrust } from '../../trust/load.ts';

/** Beside the policy, for editors. The gate does not read it. */
const SCHEMA_FILE = '.signet.schema.json';

interface Seen {
  readonly signer: Signer;
  count: number;
  /** Committers' addresses other than the signer's own. */
  readonly committers: Set<string>;
}

interface History {
  readonly seen: ReadonlyMap<string, Seen>;
  readonly others: number;
}

/** By git's word: what it leaves out proposes nobody, and what it adds is judged like the rest. */
async function* everythingFrom(
  repository: GitRepository,
  tip: string,
): AsyncGenerator<readonly ObjectRequest[]> {
  for await (const ids of listed(repository, ['rev-list', '--stdin'], [tip])) {
    yield ids.map((id) => ({ id }));
  }
}

/** Everything that a revision reaches, or a range. */
async function requestsFor(
  repository: GitRepository,
  revision: string,
): Promise<AsyncIterable<readonly ObjectRequest[]>> {
  if (revision.includes('..')) return (await planRevisions(repository, [revision])).requests;
  const [tip] = await resolveCommits(repository, [revision]);
  if (tip === undefined) {
    throw new UsageError(`${revision}: no such commit`, { code: 'NO_SUCH_OBJECT' });
  }
  return everythingFrom(repository, tip.id);
}

async function collect(
  requests: AsyncIterable<readonly ObjectRequest[]>,
  judging: JudgingContext,
): Promise<History> {
  const seen = new Map<string, Seen>();
  let others = 0;
  for await (const group of readObjects(judging.repository, requests)) {
    for (const { request, frame } of group) {
      if (frame.kind !== 'object' || frame.type !== 'commit') continue;
      const object = { id: request.id, type: 'commit', raw: frame.raw } as const;
      const outcome = await judgeOutcome(object, judging);
      const split = splitSignedObject('commit', frame.raw, judging.repository.format);
      if (outcome.status === 'verified' && split !== undefined) {
        note(seen, outcome.signer, claimsOf('commit', split.payload).committer?.email);
      } else others += 1;
    }
  }
  return { seen, others };
}

/** Those whose signatures hold, whoever they are. */
async function signersOf(
  revision: string,
  invocation: Invocation,
  { flags }: ParsedArguments,
): Promise<History> {
  const { cwd, env, now } = invocation;
  const repository = await openRepository(cwd, env);
  const settings = await settingsHere(invocation, { flags });
  const crypto = await loadCrypto();
  const trust = await loadTrust(settings, crypto);
  const judge = { trust, now: now(), format: repository.format, ignoreSct: false };
  const context = verifyContext(judge, crypto);
  const log = openLogAccess({ settings, crypto, env, now });
  const keys = createKeyJudge({ crypto, env, now: now() });
  try {
    const requests = await requestsFor(repository, revision);
    return await collect(requests, { repository, crypto, context, log, keys });
  } finally {
    log.close();
    repository.objects.close();
    await keys.close();
  }
}

function note(seen: Map<string, Seen>, signer: Signer, committer: string | undefined): void {
  const { value, issuer, kind } = signer;
  const key = JSON.stringify([kind, value, issuer]);
  const known = seen.get(key) ?? { signer, count: 0, committers: new Set<string>() };
  known.count += 1;
  if (committer !== undefined && committer !== value) known.committers.add(committer);
  seen.set(key, known);
}

/** JSON text is YAML text, whatever it holds; characters that YAML or a terminal could act on are escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function nameOf({ value, kind }: Signer, taken: Set<string>): string {
  const last =
    kind === 'uri' ? (/([^/@]+?)(?:\.ya?ml)?(?:@[^@]*)?$/.exec(value)?.[1] ?? 'workflow') : value;
  const short = (last.split(/[@!]/)[0] ?? last).replace(/[^\w.-]+/g, '-') || 'signer';
  let name = short;
  for (let i = 2; taken.has(name); i += 1) name = `${short}-${i}`;
  taken.add(name);
  return name;
}

const WORKFLOW = /^(https:\/\/[^/]+\/[^/]+\/[^/]+)\/(\.github\/workflows\/[^@]+)@(refs\/.+)$/;

function signerLines({ signer, committers, count }: Seen, name: string): readonly string[] {
  const { value, issuer, kind, extensions } = signer;
  const [, repository, file, ref] = (kind === 'uri' && WORKFLOW.exec(value)) || [];
  const trigger = extensions['20'] ?? extensions['2'];
  const lines = [`  - name: ${quoted(name)}  # ${count} commit${count === 1 ? '' : 's'}`];
  if (repository && file && ref && trigger) {
    lines.push(
      '    workflow:',
      `      repository: ${quoted(repository)}`,
      `      file: ${quoted(file)}`,
    );
    lines.push(`      ref: ${quoted(ref)}`, `      trigger: ${quoted(trigger)}`);
  } else {
    const key =
      kind === 'otherName' ? 'username' : value.startsWith('spiffe://') ? 'spiffe' : 'identity';
    lines.push(`    ${key}: ${quoted(value)}`);
  }
  lines.push(`    issuer: ${quoted(issuer)}`);
  if (committers.size > 0)
    lines.push(`    # committed as: ${[...committers].map(quoted).join(', ')}`);
  return lines;
}

/** Who may change the policy: the people among the signers, and everybody who is listed where there are none. */
function changersOf(named: ReadonlyMap<string, Seen>, webFlow: boolean): readonly string[] {
  const people = [...named].filter(([, { signer }]) => signer.kind === 'email');
  if (people.length > 0) return people.map(([name]) => name);
  return [...named.keys(), ...(webFlow ? ['github-web-flow'] : [])];
}

function policyText({ seen, others }: History, webFlow: boolean): string {
  const taken = new Set<string>(webFlow ? ['github-web-flow'] : []);
  const bySigner = [...seen.values()].toSorted((a, b) => b.count - a.count);
  const named = new Map(bySigner.map((each) => [nameOf(each.signer, taken), each]));
  const changers = changersOf(named, webFlow).map(quoted).join(', ');
  const lines = [
    'version: 1',
    'sequence: 1',
    `changes: [${changers}]  # may change this file; name few`,
    'signers:',
  ];
  for (const [name, each] of named) lines.push(...signerLines(each, name));
  if (webFlow) lines.push('  - name: github-web-flow', '    preset: github-web-flow');
  if (others > 0)
    lines.push(
      `# ${others} commit${others === 1 ? '' : 's'} of the history not verified: not listed`,
    );
  return `${lines.join('\n')}\n`;
}

const run: Run = async (args, invocation) => {
  const { cwd, env, streams, terminal } = invocation;
  const [revision = 'HEAD'] = args.positionals;
  const history = await signersOf(revision, invocation, args);
  const webFlow = args.switches.has('github-web-flow');
  if (history.seen.size === 0 && !webFlow) {
    throw new ConfigError('no verified signer in this history', {
      hint: 'sign first: git signet init',
    });
  }
  const text = policyText(history, webFlow);
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
    write: { meaning: 'into .signet.yaml, where there is none, instead of stdout' },
    'github-web-flow': { meaning: "with GitHub's own key, for merges there" },
    'trusted-root': settingOption('trust', { meaning: 'trust this instead of the built-in root' }),
    'rekor-url': settingOption('rekorUrl', { meaning: 'the log to ask for missing entries' }),
    offline: settingOption('offline', { meaning: 'never ask the network for a log entry' }),
  },
  about: ['proposes one, from the verified signers of the history (default: HEAD)'],
  run,
};
