/**
 * Signing for git: by the agent, or in place. Nothing reaches stdout, and no SIG_CREATED is said, before the signature that was made has been
 * verified as a verifier would.
 */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fromUtf8, utf8 } from '../core/bytes.ts';
import { readArmor } from '../core/cms/signed-data.ts';
import { createEvidenceCache } from '../core/evidence-cache.ts';
import { createdLines, type SignatureCreated, statusBlock } from '../core/git/gpg-status.ts';
import { payloadType, subjectLine } from '../core/git/object.ts';
import { AnswerError, ExitCode, UsageError } from '../errors.ts';
import { loadSettings, type Settings } from '../io/config.ts';
import { loadCrypto } from '../io/crypto-port.ts';
import { unattendedWay } from '../io/oidc/unattended.ts';
import { Secret } from '../io/secret.ts';
import type { SignRequest } from '../io/signing-login.ts';
import { type DailyLook, lookDaily, trustForSigning } from '../io/trust-daily.ts';
import { loadSigningConfig, loadTrust } from '../io/trust-store.ts';
import type { Invocation } from './command.ts';
import type { GpgsmCall } from './gpgsm-arguments.ts';
import { signsUnlogged } from './unlogged.ts';
import { once, type VerifyMade, verifyMade } from './verify-made.ts';

function readMessage(call: GpgsmCall, { streams }: Invocation): Uint8Array {
  const [path = '-'] = call.positionals;
  if (path === '-') return streams.readInput();
  try {
    return readFileSync(path);
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

/** Everything that one signature is asked for with. */
export interface Signing extends VerifyMade {
  readonly payload: Uint8Array;
  readonly settings: Settings;
  readonly invocation: Invocation;
  /** What signing here, or a login, needs beyond that; loaded when it is. */
  readonly request: () => Promise<SignRequest>;
}

/** A signature that verifies. */
export interface Made extends SignatureCreated {
  readonly armor: string;
  readonly identity: string;
  /** Decimal; '' where there is no entry. */
  readonly logIndex: string;
  readonly freshLogin: boolean;
}

/** @throws AnswerError `SELF_VERIFICATION` when what was made does not verify */
async function makeHere(signing: Signing): Promise<Made> {
  const [{ signPayload }, request] = await Promise.all([import('../sign.ts'), signing.request()]);
  const { payload } = signing;
  const made = await signPayload(payload, request);
  const verdict = await verifyMade(payload, utf8(made.armor), signing, made.logEntry);
  if (verdict.status === 'verified') return made;
  throw new AnswerError(
    'SELF_VERIFICATION',
    `the signature just made does not verify: ${verdict.detail}`,
    { hint: 'git signet version, and the trust root: signet.trust must belong to these servers' },
  );
}

/** A token that is at hand needs no agent, and no agent needs it. */
async function make(signing: Signing, token: Secret | undefined): Promise<Made> {
  const { settings, invocation } = signing;
  const { agent, agentSocket } = settings;
  // the agent knows no policy, so it makes nothing that depends on one
  if (signing.unlogged === true) return makeHere(signing);
  const unattended = token !== undefined || unattendedWay(invocation.env, settings) !== undefined;
  if (unattended || !(agent || agentSocket !== undefined)) return makeHere(signing);
  const { makeByAgent } = await import('./sign-by-agent.ts');
  return (await makeByAgent(signing)) ?? makeHere(signing);
}

/** Makes, verifies and writes one signature. `writeStatus` takes status lines. */
export async function sign(
  call: GpgsmCall,
  invocation: Invocation,
  writeStatus: (text: string) => void,
): Promise<ExitCode> {
  const { env, cwd, now, streams, terminal } = invocation;
  terminal.addressPerson();
  // loaded while git prints its configuration, which says whether it is used
  import('./sign-by-agent.ts').catch(() => undefined);
  const [settings, payload, crypto] = await Promise.all([
    loadSettings({ env, cwd, askedGit: invocation.askedGit }),
    readMessage(call, invocation),
    loadCrypto(),
  ]);
  if (settings.logPath !== undefined) await terminal.copyTo(settings.logPath);
  const unlogged = await signsUnlogged(settings, invocation, crypto);
  const daily = { settings, crypto, environment: env, now };
  // an agent is at work meanwhile: what it is asked does not wait for this
  const trust = once(() => trustForSigning(daily));
  const { token } = tokenOf(call, invocation);
  const context = {
    repository: basename(cwd),
    kind: payloadType(payload) ?? 'commit',
    subject: subjectLine(payload),
  } as const;
  const newerTrust = (): ReturnType<typeof loadTrust> => loadTrust(settings, crypto);
  let looking: Promise<DailyLook> | undefined;
  const request = async (): Promise<SignRequest> => {
    // where nobody can log in git is told so at once, not after a mirror was asked
    const { somebodyCanLogIn } = await import('../io/oidc/identity-token.ts');
    const surroundings = { settings, environment: env, terminal };
    if (token !== undefined || (await somebodyCanLogIn(surroundings))) {
      looking ??= trust().then(() => lookDaily(daily));
      await looking;
    }
    const [fresh, signingConfig] = await Promise.all([newerTrust(), loadSigningConfig(settings)]);
    const services = { token, settings, trust: fresh, signingConfig, terminal, crypto, now };
    return { ...services, environment: env, context, unlogged };
  };
  const cache = createEvidenceCache();
  const known = { payload, settings, trust, newerTrust, unlogged, cache };
  const signing = { ...known, invocation, request, crypto, now };
  const made = await make(signing, token).finally(async () => (await looking)?.finished);
  if (unlogged) {
    terminal.say(`signed as ${made.identity}, IN NO LOG (signet.log = none), timestamped`);
  } else if (made.freshLogin || !settings.quiet) {
    terminal.say(`signed as ${made.identity}, Rekor ${made.logIndex}`);
  }
  writeStatus(statusBlock(createdLines(made)));
  streams.write(call.armor ? made.armor : readArmor(utf8(made.armor)));
  return ExitCode.ok;
}
