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
import { ExitCode, UsageError } from '../errors.ts';
import { painterHere } from '../git/colour.ts';
import { resolveCommits, resolveNames } from '../git/names.ts';
import { runGit } from '../git/process.ts';
import { type GitRepository, isFullHash, openRepository } from '../git/repository.ts';
import { inTotoStatement, withoutCredentials } from '../report/in-toto.ts';
import { jsonText } from '../report/json.ts';
import { showJson, showText } from '../report/show.ts';
import { loadCrypto } from '../system/crypto-port.ts';
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

async function readFacts(
  repository: GitRepository,
  name: string,
  crypto: Crypto,
): Promise<SignatureFacts> {
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
  return signatureFacts({ id, type, raw }, repository.format, crypto);
}

/** Returns the first address of a remote, or undefined if there is no such remote. */
async function remoteAddress(repository: GitRepository, name: string): Promise<string | undefined> {
  const args = ['config', '-z', '--get-all', `remote.${name}.url`];
  const { exitCode, stdout } = await runGit(repository, args);
  const [first] = exitCode === 0 ? fromUtf8Lossy(stdout).split('\0') : [];
  return first === undefined || first === '' ? undefined : withoutCredentials(first);
}

async function shown(
  format: Exclude<Format, 'text'>,
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
  if (format === 'json') return `${jsonText(showJson(facts), 2)}\n`;
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

const run: Run = async (args, { cwd, env, streams, terminal }) => {
  const format = formatOf(args);
  const [name = 'HEAD'] = args.positionals;
  const repository = await openRepository(cwd, env);
  const crypto = await loadCrypto();
  try {
    const facts = await readFacts(repository, name, crypto);
    if (format === 'text') {
      writePage(streams, showText(facts, await painterHere({ cwd, env, streams })));
    } else streams.write(await shown(format, facts, { args, repository, crypto }));
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
    "Prints what the signature of a commit or tag says: who, by which certificate, logged where and when. Without REV it shows HEAD. A tag's name shows the tag. Nothing is verified: git signet verify does that.",
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
