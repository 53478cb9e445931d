/** `git signet show`: shows everything that a signature holds. It verifies nothing, and says so. */

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command, Run } from '../cli/command.ts';
import type { ParsedArguments } from '../cli/spec.ts';
import { fromUtf8Lossy } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { type SignatureFacts, signatureFacts } from '../core/signature-facts.ts';
import { toSigstoreBundle } from '../core/sigstore-bundle.ts';
import { type ReasonCode, Refusal } from '../core/verdict.ts';
import { certificatePem } from '../core/x509/certificate.ts';
import { ConfigError, ExitCode, UsageError } from '../errors.ts';
import type { ApprovedObject } from '../gate/approvals/held.ts';
import { heldFacts } from '../gate/held.ts';
import { painterHere } from '../git/colour.ts';
import { resolveCommits, resolveNames } from '../git/names.ts';
import { runGit } from '../git/process.ts';
import { type GitRepository, isFullHash, openRepository } from '../git/repository.ts';
import { inTotoStatement, withoutCredentials } from '../report/in-toto.ts';
import { jsonText } from '../report/json.ts';
import { objectJson, showJson, showText } from '../report/show.ts';
import { heldFields, heldText } from '../report/show-approvals.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';

const FORMATS = ['text', 'json', 'intoto', 'bundle', 'pem'] as const;
type Format = (typeof FORMATS)[number];

const UNDECIDED: readonly ReasonCode[] = [
  'signature-kind-unsupported',
  'log-entry-absent',
  'log-entry-unsupported',
];

function formatOf(args: ParsedArguments): Format {
  const format = (args.values.get('format') ?? 'text') as Format;
  if (args.values.has('artifact') && format !== 'bundle') {
    throw new UsageError('--artifact goes with --format bundle');
  }
  return format;
}

/** Finds the object to show: by its full hash, else the annotated tag of that name, else the commit of that name. */
async function findObject(repository: GitRepository, name: string): Promise<string> {
  if (isFullHash(name, repository.format)) return name;
  const [plain] = await resolveNames(repository, [name]);
  const [found] = plain?.type === 'tag' ? [plain] : await resolveCommits(repository, [name]);
  if (found === undefined)
    throw new UsageError(`${name}: no such commit or tag`, { code: 'NO_SUCH_OBJECT' });
  return found.id;
}

async function readObject(repository: GitRepository, name: string): Promise<ApprovedObject> {
  const id = await findObject(repository, name);
  const [frame] = await repository.objects.read([id]);
  if (frame === undefined || frame.kind === 'missing')
    throw new UsageError(`${name}: no such object`, { code: 'NO_SUCH_OBJECT' });
  if (frame.kind !== 'object') throw new UsageError(`${name}: too large to be read`);
  const { type, raw } = frame;
  if (type !== 'commit' && type !== 'tag') {
    const what = `${name} is a ${type}: only commits and tags carry signatures`;
    throw new UsageError(what, { code: 'NO_SUCH_OBJECT' });
  }
  // git's next answer overwrites the bytes
  return { id, type, raw: raw.slice() };
}

/** Returns what the signature says, or why it cannot be read. */
function factsOf(
  object: ApprovedObject,
  { format }: GitRepository,
  crypto: Crypto,
): SignatureFacts | Refusal {
  try {
    return signatureFacts(object, format, crypto);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** What is shown beside the signature, and whether a policy is configured. */
type Held = Awaited<ReturnType<typeof heldFacts>>;

/** Returns what the repository holds about the object. If it cannot be judged, the signature is shown all the same. */
async function heldHere(
  object: ApprovedObject,
  args: ParsedArguments,
  invocation: Invocation,
  repository: GitRepository,
): Promise<Held> {
  try {
    return await heldFacts(object, args, invocation, repository);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    invocation.terminal.say(`approvals are not shown: ${error.message}`);
    return { approvals: [], ruled: false };
  }
}

/** Returns the first address of a remote, or undefined if there is no such remote. */
async function remoteAddress(repository: GitRepository, name: string): Promise<string | undefined> {
  const args = ['config', '-z', '--get-all', `remote.${name}.url`];
  const { exitCode, stdout } = await runGit(repository, args);
  const [first] = exitCode === 0 ? fromUtf8Lossy(stdout).split('\0') : [];
  return first === undefined || first === '' ? undefined : withoutCredentials(first);
}

async function shown(
  format: Exclude<Format, 'text' | 'json'>,
  facts: SignatureFacts,
  {
    args,
    repository,
    crypto,
  }: {
    readonly args: ParsedArguments;
    readonly repository: GitRepository;
    readonly crypto: Crypto;
  },
): Promise<string> {
  if (format === 'pem') return certificatePem(facts.message.signer.certificate.der);
  if (format === 'intoto') {
    const wanted = args.values.get('remote');
    const name = await remoteAddress(repository, wanted ?? 'origin');
    if (wanted !== undefined && name === undefined)
      throw new UsageError(`no such remote: ${wanted}`);
    return `${jsonText(inTotoStatement(facts, name), 2)}\n`;
  }
  const bundle = `${jsonText(toSigstoreBundle(facts.message, crypto), 2)}\n`;
  const artifact = args.values.get('artifact');
  if (artifact !== undefined) {
    await writeFile(resolve(repository.cwd, artifact), facts.message.signer.signedAttrs);
  }
  return bundle;
}

/** Shows the signature, if it can be read, and what the repository holds about the object. */
async function showWhole(
  format: 'text' | 'json',
  {
    object,
    facts,
  }: { readonly object: ApprovedObject; readonly facts: SignatureFacts | undefined },
  held: Held,
  invocation: Invocation,
): Promise<void> {
  const { streams } = invocation;
  if (format === 'json') {
    const { id, type } = object;
    const base = facts === undefined ? objectJson(id, type) : showJson(facts);
    const more = heldFields(held);
    if (facts !== undefined || Object.keys(more).length > 0)
      streams.write(`${jsonText({ ...base, ...more }, 2)}\n`);
    return;
  }
  const paint = await painterHere(invocation);
  const more = heldText(held, object.id, { ruled: held.ruled, paint });
  if (facts !== undefined) writePage(streams, showText(facts, paint));
  if (more === '') return;
  const heading = 'held by this repository, with verified signatures';
  writePage(streams, `${facts === undefined ? '' : '\n'}${paint('label', heading)}\n${more}`);
}

const run: Run = async (args, invocation) => {
  const { cwd, env, streams, terminal } = invocation;
  const format = formatOf(args);
  const [name = 'HEAD'] = args.positionals;
  const repository = await openRepository(cwd, env);
  const crypto = await loadCrypto();
  try {
    const object = await readObject(repository, name);
    const read = factsOf(object, repository, crypto);
    const facts = read instanceof Refusal ? undefined : read;
    if (format === 'text' || format === 'json') {
      const held = await heldHere(object, args, invocation, repository);
      await showWhole(format, { object, facts }, held, invocation);
    } else if (facts !== undefined) {
      streams.write(await shown(format, facts, { args, repository, crypto }));
    }
    if (read instanceof Refusal) throw read;
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    terminal.say(`${name}: ${error.message}`);
    if (error.code === 'unsigned') return ExitCode.unsigned;
    return UNDECIDED.includes(error.code) ? ExitCode.undecided : ExitCode.refused;
  } finally {
    repository.objects.close();
  }
};

export const command: Command = {
  summary: 'everything that a signature holds',
  positionals: [{ name: 'REV', takes: 'revision', optional: true }],
  options: {
    format: {
      takes: FORMATS,
      meaning:
        "text: for people. json: the same, with the raw parts. intoto: an in-toto Statement v1 with gitsign's predicate. bundle: a Sigstore bundle v0.3. pem: the signer's certificate",
    },
    remote: {
      short: 'r',
      takes: 'text',
      value: 'NAME',
      meaning:
        "with intoto: the subject's name is the address of this remote, without credentials (default: origin)",
    },
    artifact: {
      takes: 'file',
      meaning: 'with bundle: writes the signed attributes, which the bundle is about',
    },
  },
  about: [
    "Prints what the signature of a commit or tag says: who, by which certificate, logged where and when. Without REV it shows HEAD. A tag's name shows the tag. The signature is not verified: git signet verify does that.",
    'It also shows the approvals of the object that this repository holds, with verified signatures, and whether each counts under the configured policy (signet.policy). If that policy has carried, it names the head that a commit is carried from.',
  ],
  examples: [
    ['git signet show v1.2'],
    ['git signet show --format bundle --artifact signed.der > head.json'],
    ['cosign verify-blob --bundle head.json … signed.der'],
  ],
  exits: {
    [ExitCode.ok]: 'shown',
    [ExitCode.refused]: 'unreadable',
    [ExitCode.usage]: 'usage',
    [ExitCode.undecided]: 'no X.509 signature',
    [ExitCode.unsigned]: 'unsigned',
  },
  run,
};
