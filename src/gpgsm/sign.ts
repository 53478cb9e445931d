/**
 * Signs for git, by the agent or in place. The signature and SIG_CREATED are written only after the signature was
 * verified.
 */

import { makeSignature } from '../agent/client/make-signature.ts';
import { utf8 } from '../core/bytes.ts';
import { expectationOf } from '../core/expected-account.ts';
import { createdLines, statusBlock } from '../core/git/gpg-status.ts';
import { MAX_SIGNABLE } from '../core/git/limits.ts';
import { checkPayload } from '../core/git/signable.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { signsUnlogged } from '../gate/unlogged.ts';
import { acceptKey, accountOfKey, keyDiffers } from '../login/named-key.ts';
import { loadSettings } from '../settings/load.ts';
import { signedLine } from '../signing/signed-line.ts';
import { signingTools } from '../signing/tools.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { Invocation } from '../system/invocation.ts';
import { forgetFailure } from '../system/last-failure.ts';
import { nodeFs } from '../system/node-fs.ts';
import type { Secret } from '../system/secret.ts';
import { reasonOf } from '../system/system-error.ts';
import type { GpgsmCall } from './arguments.ts';

function readMessage(call: GpgsmCall, { streams }: Invocation): Uint8Array {
  const [path = '-'] = call.positionals;
  if (path === '-') return streams.readInput(MAX_SIGNABLE);
  try {
    return nodeFs().readFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read the file to sign, ${path}: ${reasonOf(error)}`);
  }
}

async function givenToken(
  { tokenOnStdin: given }: GpgsmCall,
  { streams, terminal }: Invocation,
): Promise<Secret | undefined> {
  if (!given) return undefined;
  const { tokenOnStdin } = await import('../login/token-on-stdin.ts');
  return tokenOnStdin(streams, terminal);
}

/** Makes, verifies and writes one signature. `writeStatus` writes status lines. */
export async function sign(
  call: GpgsmCall,
  invocation: Invocation,
  writeStatus: (text: string) => void,
): Promise<ExitCode> {
  const { env, cwd, streams, terminal, askedGit } = invocation;
  terminal.addressPerson();
  // loaded while git prints its configuration, although that may switch the agent off
  import('../agent/client/sign-by-agent.ts').catch(() => undefined);
  const [settings, payload, crypto] = await Promise.all([
    loadSettings({ env, cwd, askedGit, caller: 'sign' }),
    readMessage(call, invocation),
    loadCrypto(),
  ]);
  if (settings.ignored !== undefined) {
    const { refuseElsewhere } = await import('../settings/here.ts');
    refuseElsewhere(settings);
  }
  if (settings.logPath !== undefined) await terminal.copyTo(settings.logPath);
  checkPayload(payload);
  const account = accountOfKey(call.localUser, payload);
  if (account !== undefined) acceptKey(account, expectationOf(settings, payload));
  const token = await givenToken(call, invocation);
  const tools = await signingTools(invocation, {
    ...{ settings, crypto, payload, token },
    signsUnlogged: () => signsUnlogged(settings, invocation, crypto),
  });
  const made = await makeSignature({ ...tools, payload }).finally(tools.settled);
  const line = signedLine(made, tools);
  if (line !== undefined) terminal.say(line);
  const differs = keyDiffers(account, made.identity);
  if (differs !== undefined) terminal.say(differs);
  writeStatus(statusBlock(createdLines(made)));
  streams.write(call.armor ? made.signature : await dearmored(made.signature));
  forgetFailure(env, cwd);
  return ExitCode.ok;
}

async function dearmored(armor: string): Promise<Uint8Array> {
  const { readArmor } = await import('../core/cms/signed-data.ts');
  return readArmor(utf8(armor));
}
