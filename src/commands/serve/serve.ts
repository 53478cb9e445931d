/** `git signet serve --stdio`: a resident verifier for forges, editors and bots. One question a line, one verdict a line. */

import type { Command, Run } from '../../cli/command.ts';
import { grouped } from '../../cli/options.ts';
import { MAX_OBJECT } from '../../core/git/limits.ts';
import { ExitCode, isSignetError, UsageError } from '../../errors.ts';
import { converse } from '../../gate/serve/conversation.ts';
import { DEADLINE, IN_FLIGHT, MAX_LINE } from '../../gate/serve/limits.ts';
import { Readings } from '../../gate/serve/readings.ts';
import { openRepository } from '../../git/repository.ts';
import { endBySignal, endingSignal, Interrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';
import { VERSION } from '../../system/program/version.ts';
import type { Terminal } from '../../system/terminal.ts';
import { APPROVAL_OPTIONS, TRUST_OPTIONS } from '../verify/options.ts';
import { namedPolicies, readPolicies } from './policies.ts';

const PROTOCOL = 1;

/** Returns name and format of the repository here, or null outside of any. @throws UsageError if git is not on PATH */
async function repositoryHere({ cwd, env, terminal }: Invocation) {
  try {
    const { name, format, objects } = await openRepository(cwd, env);
    objects.close();
    return { name, format };
  } catch (error) {
    if (!isSignetError(error) || error.code !== 'GIT_FAILED') throw error;
    terminal.say(
      `objects must come as bytes, because there is no repository here (${error.message})`,
    );
    return null;
  }
}

const nothing = (): undefined => undefined;

/** What the first reading says is not said again each minute. */
const SILENT: Terminal = {
  ...{ interactive: false, say: nothing, hint: nothing, progress: nothing },
  ...{ addressPerson: nothing, neverAsk: nothing },
  findsPerson: async () => false,
  sayShort: async () => undefined,
  ask: async () => undefined,
  copyTo: async () => undefined,
};

const run: Run = async (args, invocation) => {
  if (!args.switches.has('stdio')) {
    throw new UsageError('serve answers on standard output only', { hint: 'add: --stdio' });
  }
  const named = namedPolicies(args);
  const repository = await repositoryHere(invocation);
  const { streams } = invocation;
  let here = invocation;
  const open = async () => {
    const read = await readPolicies(named, here, repository !== null);
    here = { ...invocation, terminal: SILENT };
    return read;
  };
  const limits = { line: MAX_LINE, object: MAX_OBJECT, inFlight: IN_FLIGHT, deadlineMs: DEADLINE };
  const { asked, release } = endingSignal();
  try {
    const written = await converse({
      chunks: streams.inputChunks(),
      send: streams.writeLater,
      readings: new Readings({
        open,
        clock: () => ({ steady: performance.now(), wall: Date.now() }),
      }),
      greeting: { protocol: PROTOCOL, version: VERSION, repository, limits },
      stop: asked,
    });
    const signal = await Promise.race([asked, Promise.resolve(undefined)]);
    if (signal === undefined) return ExitCode.ok;
    if (!written) await endBySignal(signal);
    throw new Interrupted(signal, '');
  } finally {
    release();
  }
};

export const command: Command = {
  summary: 'answer questions about objects, for forges and editors',
  options: {
    stdio: { meaning: 'questions on standard input, answers on standard output' },
    ...grouped('Policies that questions may name (one of these is needed)', {
      policy: {
        takes: 'text',
        value: 'NAME=FILE',
        repeated: true,
        meaning: 'the signers of a file',
      },
      'policy-from': {
        takes: 'text',
        value: 'NAME=REV',
        repeated: true,
        meaning: 'the signers of .signet.yaml at REV',
      },
      ref: {
        takes: 'text',
        value: 'NAME=REF',
        repeated: true,
        meaning: 'the ref that commits under this policy are for',
      },
      'unsafe-any-identity': {
        meaning: 'a question without a policy accepts every signer that the trust root vouches for',
      },
    }),
    ...TRUST_OPTIONS,
    ...APPROVAL_OPTIONS,
  },
  about: [
    'Runs until its input ends, and answers questions: one JSON question a line on standard input, one JSON answer a line on standard output (docs/serve.md). A question names an object by its full hash, or brings its bytes. Trust root and policies are read anew each minute.',
  ],
  examples: [['git signet serve --stdio --policy-from main=origin/main']],
  exits: {
    [ExitCode.ok]: 'the input ended, and every question has its answer',
    [ExitCode.usage]: 'usage',
  },
  run,
};
