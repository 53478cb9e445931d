/**
 * Signing for git. Nothing reaches stdout, and no SIG_CREATED is said, before the signature that was made has been
 * verified as a verifier would.
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromUtf8, utf8 } from '../core/bytes.ts';
import { readArmor } from '../core/cms/signed-data.ts';
import { createdLines, statusBlock } from '../core/git/gpg-status.ts';
import { payloadType, subjectLine } from '../core/git/object.ts';
import { verifyDetached } from '../core/verify.ts';
import { AnswerError, ExitCode, UsageError } from '../errors.ts';
import { loadSettings } from '../io/config.ts';
import { loadCrypto } from '../io/crypto-port.ts';
import { Secret } from '../io/secret.ts';
import { loadSigningConfig, loadTrust } from '../io/trust-store.ts';
import type { Invocation } from './command.ts';
import type { GpgsmCall } from './gpgsm-arguments.ts';

async function readMessage(call: GpgsmCall, { streams }: Invocation): Promise<Uint8Array> {
  const [path = '-'] = call.positionals;
  if (path === '-') return streams.readInput();
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/,.*/, '') : String(error);
    throw new UsageError(`cannot read the file to sign, ${path}: ${why}`);
  }
}

/** An identity token is a line of text; a longer stdin is a mistake, not a token. */
const MAX_TOKEN = 64 * 1024;

function tokenOf(
  { tokenOnStdin }: GpgsmCall,
  { streams }: Invocation,
): { readonly token?: Secret } {
  if (!tokenOnStdin) return {};
  const text = fromUtf8(streams.readInput(MAX_TOKEN))?.trim() ?? '';
  if (text === '') throw new UsageError('--token-stdin: no token on standard input');
  return { token: new Secret(text) };
}

/** Makes, verifies and writes one signature. `writeStatus` takes status lines. */
export async function sign(
  call: GpgsmCall,
  invocation: Invocation,
  writeStatus: (text: string) => void,
): Promise<ExitCode> {
  const { env, cwd, now, streams, terminal } = invocation;
  terminal.addressPerson();
  const [settings, payload, crypto, { signPayload }] = await Promise.all([
    loadSettings({ env, cwd }),
    readMessage(call, invocation),
    loadCrypto(),
    import('../sign.ts'),
  ]);
  if (settings.logPath !== undefined) await terminal.copyTo(settings.logPath);
  const [trust, signingConfig] = await Promise.all([
    loadTrust(settings, crypto),
    loadSigningConfig(settings),
  ]);
  const context = {
    repository: basename(cwd),
    kind: payloadType(payload) ?? 'commit',
    subject: subjectLine(payload),
  };
  const token = tokenOf(call, invocation);
  const services = { ...token, settings, trust, signingConfig, terminal, crypto, now };
  const made = await signPayload(payload, { ...services, environment: env, context });
  const armor = utf8(made.armor);
  const verdict = await verifyDetached(
    payload,
    armor,
    { crypto, trust, now: now() },
    made.logEntry,
  );
  if (verdict.status !== 'verified') {
    throw new AnswerError(
      'SELF_VERIFICATION',
      `the signature just made does not verify: ${verdict.detail}`,
      { hint: 'git signet version, and the trust root: signet.trust must belong to these servers' },
    );
  }
  if (made.freshLogin || !settings.quiet) {
    terminal.say(`signed as ${made.identity}, Rekor ${made.logIndex}`);
  }
  writeStatus(statusBlock(createdLines(made)));
  streams.write(call.armor ? armor : readArmor(armor));
  return ExitCode.ok;
}
