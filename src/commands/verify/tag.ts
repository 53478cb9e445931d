/**
 * `git signet verify-tag`: checks that a ref holds an annotated tag of its own name, and that the signatures of the tag and of
 * its target hold by the same rules. git accepts a ref that names another version than its tag (threat G07).
 */

import type { Command, Run } from '../../cli/command.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { ExitCode, UsageError } from '../../errors.ts';
import { countResults, exitCodeOf } from '../../gate/exit-code.ts';
import { tagContext } from '../../gate/run.ts';
import { setUpVerify, type VerifySetup } from '../../gate/setup.ts';
import { judgeChain, type Step, type TagContext } from '../../gate/tag-chain.ts';
import { colourHere } from '../../git/colour.ts';
import { resolveNames } from '../../git/names.ts';
import type { ReportSubject } from '../../report/format.ts';
import { renderResult } from '../../report/formats.ts';
import { createReporter } from '../../report/reporter.ts';
import { ATTEST_OPTIONS, summaryAttestation } from '../statements/attest-summary.ts';
import {
  formatOf,
  STATEMENT_OPTIONS,
  statementSource,
  VERIFY_EXITS,
  VERIFY_OPTIONS,
} from './options.ts';

/** Judges the tag of that name and, with `follow`, its target. @throws UsageError if there is no such ref */
export async function judgeTag(
  name: string,
  judging: TagContext,
  follow: boolean,
): Promise<readonly Step[]> {
  const ref = `refs/tags/${name.replace(/^refs\/tags\//, '')}`;
  // a branch of the same name would be checked out instead, so the short name must be unambiguous
  const [object] = await resolveNames(judging.repository, [ref, name]);
  if (object === undefined || object.ref !== ref || /[\^~:]|@\{/.test(name)) {
    throw new UsageError(`${name}: no such tag`, { code: 'NO_SUCH_OBJECT' });
  }
  const { id, type } = object;
  if (type === 'tag') return judgeChain({ id, type, ref, follow }, judging);
  const detail = `a lightweight tag: no signature covers the name ${name}`;
  const verdict = { status: 'unsigned', check: 'object', code: 'unsigned', detail } as const;
  return [{ id, type, ref, verdict }];
}

/** A statement about a tag is about its commit too. @throws UsageError */
async function tagSource(args: ParsedArguments, setup: VerifySetup) {
  const source = await statementSource(args, setup);
  if (source !== undefined && args.switches.has('no-target')) {
    throw new UsageError('--format vsa is about the commit of the tag: leave out --no-target');
  }
  return source;
}

const run: Run = async (args, invocation) => {
  const { terminal, env } = invocation;
  const names = args.positionals;
  const format = formatOf(args);
  const attestation = summaryAttestation(args, invocation);
  const setup = await setUpVerify(args, invocation);
  const { facts, judge } = setup;
  const source = await tagSource(args, setup).catch(async (error: unknown) => {
    await setup.close();
    throw error;
  });
  const { now } = judge;
  const subjects: ReportSubject[] = [];
  const reporter = createReporter({
    colour: await colourHere(invocation),
    ...facts,
    streams: attestation?.streams ?? invocation.streams,
    ...{ output: format, terminal, noun: 'object', now, env },
    ...{ asked: names, subjects, repositoryUri: source?.uri },
  });
  const counts = countResults();
  let judging: TagContext | undefined;
  try {
    if (setup.choice.startBlob !== undefined) {
      throw new UsageError('--policy-from parents judges ranges of commits, not tags');
    }
    judging = await tagContext(setup);
    for (const name of names) {
      for (const step of await judgeTag(name, judging, !args.switches.has('no-target'))) {
        counts[step.verdict.status] += 1;
        const { id, type } = step;
        if (step.ref !== undefined) subjects.push({ id, type, name, sourceRefs: [step.ref] });
        else if (source !== undefined && type === 'commit') {
          subjects.push({ id, type, name, sourceRefs: await source.refsOf(id) });
        }
        reporter.add(renderResult(step, format));
      }
    }
    const exit = exitCodeOf(counts);
    reporter.finish(counts, exit === ExitCode.ok);
    await attestation?.finish(setup.repository);
    return exit;
  } catch (error) {
    reporter.abandon();
    throw error;
  } finally {
    await judging?.close();
    await setup.close();
  }
};

export const command: Command = {
  summary: 'verify annotated tags by name',
  positionals: [{ name: 'TAG', takes: 'tag', repeated: true }],
  options: {
    ...VERIFY_OPTIONS,
    ...STATEMENT_OPTIONS,
    ...ATTEST_OPTIONS,
    'no-target': {
      group: 'How',
      meaning: 'judge the tag only: its target may be unsigned',
    },
  },
  about: [
    'The tag must be annotated, have the name of its ref, and be signed by an allowed signer. The same holds for the object that it points to.',
  ],
  examples: [
    ['git signet verify-tag --policy-from origin/main v1.2'],
    ['git signet verify-tag --no-target --certificate-identity alice@example.com \\'],
    ['    --certificate-oidc-issuer https://accounts.example.com v1.2'],
  ],
  exits: VERIFY_EXITS,
  run,
};
