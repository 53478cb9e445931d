/** `git signet attest`: signs an in-toto statement about a commit, a tag or a tree, and keeps it in the repository. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import { grouped } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { visible } from '../../core/escape.ts';
import { isRecord, type Json } from '../../core/json.ts';
import { predicateTypeOf, READY_TYPES, readyTypeOf } from '../../core/statement/ready-types.ts';
import {
  MAX_STATEMENT,
  type StatementSubject,
  type SubjectType,
  writeStatement,
} from '../../core/statement/statement.ts';
import { JsonFault, readStrictJson } from '../../core/strict-json.ts';
import { Refusal } from '../../core/verdict.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { type GitRepository, gitLine, openRepository } from '../../git/repository.ts';
import { NOTES, PUSH_SPEC } from '../../statements/places.ts';
import { openStatements, type StatementStore } from '../../statements/store.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { shellWord } from '../../system/shell.ts';
import { reasonOf } from '../../system/system-error.ts';
import { type MadeStatement, makeStatement } from './make-statement.ts';
import { findObject, OBJECT_OPTION } from './subject.ts';

/** Most objects and lists within each other. A statement adds one level. */
const MAX_DEPTH = 63;

async function bytesOf(file: string, { cwd, streams }: Invocation): Promise<Uint8Array> {
  if (file === '-') return streams.readUpTo(MAX_STATEMENT + 1);
  try {
    return await readFile(resolve(cwd, file));
  } catch (error) {
    throw new UsageError(`${file}: ${reasonOf(error)}`);
  }
}

/** Reads the predicate, and checks it if its type is a ready one. @throws UsageError */
async function readPredicate(file: string, type: string, invocation: Invocation): Promise<Json> {
  const bytes = await bytesOf(file, invocation);
  const fail = (why: string): UsageError => new UsageError(`the predicate ${file}: ${why}`);
  try {
    const json = readStrictJson(bytes, { maxBytes: MAX_STATEMENT, maxDepth: MAX_DEPTH });
    if (!isRecord(json)) throw fail('it is no JSON object');
    const fault = readyTypeOf(type)?.fault(json);
    if (fault !== undefined) throw fail(`${fault} (${type})`);
    return json;
  } catch (error) {
    if (error instanceof JsonFault) throw fail(error.message);
    throw error;
  }
}

/** Returns the statement's bytes. @throws UsageError if no verifier would accept them */
function statementBytes(
  subject: StatementSubject,
  predicateType: string,
  predicate: Json,
): Uint8Array {
  try {
    return writeStatement({ subjects: [subject], predicateType, predicate });
  } catch (error) {
    if (error instanceof Refusal) throw new UsageError(error.message);
    throw error;
  }
}

/** What one call attests. */
interface Asked {
  readonly repository: GitRepository;
  readonly store: StatementStore;
  readonly notes: boolean;
}

/** Says which command takes the statements to others. */
async function sayPush(
  { repository, notes }: Omit<Asked, 'store'>,
  { terminal }: Invocation,
): Promise<void> {
  const [remote = 'origin'] = (await gitLine(repository, ['remote'])).split('\n').filter(Boolean);
  const specs = notes ? `${PUSH_SPEC} ${NOTES}` : PUSH_SPEC;
  terminal.hint(`git push ${shellWord(remote)} ${specs}`);
}

function sayMade(
  { type, id }: StatementSubject,
  predicateType: string,
  { identity, logIndex }: MadeStatement,
  { streams }: Invocation,
): void {
  const log = logIndex === '' ? 'in no log' : `Rekor ${logIndex}`;
  const line = `attested ${type} ${id.slice(0, 12)}  ${predicateType}  by ${identity}, ${log}`;
  writePage(streams, `${visible(line)}\n`);
}

async function attest(args: ParsedArguments, asked: Asked, invocation: Invocation): Promise<void> {
  const { repository, store, notes } = asked;
  const { env, now, terminal } = invocation;
  const [name = 'HEAD'] = args.positionals;
  const type = args.values.get('type');
  const file = args.values.get('predicate');
  if (type === undefined || file === undefined) {
    throw new UsageError('attest needs --type and --predicate', {
      hint: 'git signet attest --type test-result --predicate result.json HEAD',
    });
  }
  const object = args.values.get('object') as SubjectType | undefined;
  const subject = await findObject(repository, name, object);
  const predicateType = predicateTypeOf(type);
  const predicate = await readPredicate(file, predicateType, invocation);
  const bytes = statementBytes(subject, predicateType, predicate);
  await store.ready([subject.type], notes);
  const made = await makeStatement(bytes, invocation);
  const kept = { subjects: [subject], predicateType, bundle: made.bundle };
  const refs = await store.add([kept], { notes, env, now: now() });
  sayMade(subject, predicateType, made, invocation);
  terminal.say(`kept in ${refs.join(' and ')}, and nowhere else until you push it:`);
  await sayPush(asked, invocation);
}

async function join(args: ParsedArguments, asked: Asked, invocation: Invocation): Promise<void> {
  const { env, now, terminal } = invocation;
  if (args.positionals.length > 0 || args.values.size > 0) {
    throw new UsageError('--join signs nothing: give it alone');
  }
  const refs = await asked.store.join({ env, now: now() });
  if (refs.length === 0) terminal.say('there are no fetched statements');
  else {
    terminal.say(`joined ${refs.join(' and ')} with what was fetched. To push them:`);
    await sayPush({ ...asked, notes: false }, invocation);
  }
}

const run: Run = async (args, invocation) => {
  const repository = await openRepository(invocation.cwd, invocation.env);
  try {
    const store = openStatements(repository);
    const asked = { repository, store, notes: args.switches.has('notes') };
    await (args.switches.has('join') ? join : attest)(args, asked, invocation);
    return ExitCode.ok;
  } finally {
    repository.objects.close();
  }
};

const READY = Object.entries(READY_TYPES).map(([name, { meaning }]) => `${name}: ${meaning}`);

export const command: Command = {
  summary: 'sign a statement about a commit, tag or tree',
  positionals: [{ name: 'REV', takes: 'revision', optional: true }],
  options: {
    ...grouped('What', {
      type: {
        takes: 'text',
        value: 'TYPE',
        meaning: `a predicate type (a URI), or ${READY.join('; ')}`,
      },
      predicate: {
        takes: 'file',
        value: 'FILE|-',
        meaning: 'the predicate: a JSON object',
      },
    }),
    ...OBJECT_OPTION,
    ...grouped('How', {
      notes: { meaning: 'keep it in git notes too (refs/notes/commits)' },
      join: {
        meaning: 'sign nothing: join the statements that were fetched, so that they can be pushed',
      },
    }),
  },
  about: [
    'Signs an in-toto statement with the login that signs your commits, and keeps it in refs/attestations/ of this repository as a Sigstore bundle. Your name and a digest become public in the log. The predicate does not.',
  ],
  examples: [
    ['git signet attest --type test-result --predicate result.json HEAD'],
    ['git signet attest --type sbom --predicate sbom-link.json --object tag v1.2'],
    ["git push origin 'refs/attestations/*:refs/attestations/*'"],
  ],
  notes: ['Without REV it is about HEAD. All about statements: docs/attestations.md'],
  exits: { 0: 'signed and kept', 2: 'usage', 3: 'a server failed', 4: 'login failed' },
  run,
};
