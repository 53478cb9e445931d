/** The keyring helper: one question on stdin, one answer on stdout (agent/keyring/keyring.ts says why it is a process). */

import type { KeyringQuestion } from '../agent/keyring/keyring.ts';
import { answerKeyring } from '../agent/keyring/library.ts';
import type { Command, Run } from '../cli/command.ts';
import { fromUtf8 } from '../core/bytes.ts';
import { ExitCode, UsageError } from '../errors.ts';

const OPERATIONS = ['probe', 'get', 'set', 'delete', 'clear'] as const;
const MAX_QUESTION = 16 * 1024;

/** @throws UsageError */
function readQuestion(text: string | undefined): KeyringQuestion {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    value = undefined;
  }
  const { operation, address, secret } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const known = OPERATIONS.find((name) => name === operation);
  if (known === undefined || typeof address !== 'string') {
    throw new UsageError('this command is started by git-signet itself', {
      hint: 'run: git signet doctor',
    });
  }
  return { operation: known, address, ...(typeof secret === 'string' ? { secret } : {}) };
}

const run: Run = async (_args, { streams }) => {
  const question = readQuestion(fromUtf8(streams.readInput(MAX_QUESTION)));
  streams.write(`${JSON.stringify(await answerKeyring(question))}\n`);
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'the keyring helper',
  internal: true,
  about: [
    "git-signet itself starts this, where signet.keyring = true allows it to keep a login's refresh token in the keyring of the operating system. You do not need it: run git signet doctor.",
  ],
  exits: { 0: 'answered', 2: 'a question that it cannot read' },
  run,
};
