/**
 * Logs in on another device (RFC 8628). The user opens an address there, compares the code and agrees. The issuer's
 * address must be https or loopback. Host and code are shown, so that the user can notice a forged link. The program
 * asks no more often than the issuer allows, and the wait has a deadline (threat O11).
 */

import type { DeviceAuthorizationResponse } from 'openid-client';
import { LoginError } from '../../errors.ts';
import { checkedUrl } from '../../http/http.ts';
import type { Terminal } from '../../system/terminal.ts';
import { becomesPublic } from '../becomes-public.ts';
import { duration } from '../browser/page.ts';
import { connectIssuer } from '../connect.ts';
import type { Issuer } from '../issuer.ts';
import { told } from '../issuer-errors.ts';
import { patienceElsewhere } from '../patience.ts';
import { acceptToken } from '../token-claims.ts';
import type { IdentityToken, TokenRequest } from '../token-request.ts';
import { pollDevice } from './poll.ts';

const SERVICE = 'the device login page';

/** The address and code to show. */
interface Invitation {
  /** The address at which to enter the code. */
  readonly address: URL;
  /** The address for the QR code. It holds the code too, if the issuer offers that. */
  readonly complete: URL;
  readonly code: string;
  /** Seconds to wait. */
  readonly patience: number;
}

/** Logs in on another device, or undefined if the issuer has no device grant. `why` says why no browser is used. @throws LoginError, ConfigError, ServiceError */
export async function loginWithDevice(
  request: TokenRequest,
  why: string,
): Promise<IdentityToken | undefined> {
  const { settings, terminal, renewable = true } = request;
  const issuer = await connectIssuer(request);
  if (issuer.configuration.serverMetadata().device_authorization_endpoint === undefined)
    return undefined;
  const authorization = await authorize(issuer, issuer.scope(renewable), settings.connectorId);
  const invitation = readInvitation(authorization, settings.loginTimeout);
  const reason = reasonLine(why, request.expected ?? settings.identity);
  // without a terminal there is no question after the login, so the user must know before entering the code
  const told = !terminal.interactive;
  await invite(terminal, invitation, [
    ...(reason === '' ? [] : [reason]),
    ...(told && settings.publishIdentity !== 'yes' ? [agreementLine(request)] : []),
  ]);
  const { idToken, ...renewal } = await pollDevice(issuer, authorization, {
    patience: invitation.patience,
    send: request.send,
  });
  const claims = acceptToken(idToken, { ...request, issuer: issuer.name });
  return {
    ...renewal,
    token: idToken,
    claims,
    source: 'device code',
    fresh: true,
    told,
    finished: Promise.resolve(),
  };
}

function authorize(
  { oidc, configuration, name }: Issuer,
  scope: string,
  connectorId: string | undefined,
): Promise<DeviceAuthorizationResponse> {
  const connector = connectorId === undefined ? {} : { connector_id: connectorId };
  return told(new URL(name).host, () =>
    oidc.initiateDeviceAuthorization(configuration, { scope, ...connector }),
  );
}

/** Reads the issuer's answer. @throws ServiceError if the address is not https, LoginError if the code cannot be compared */
function readInvitation(answer: DeviceAuthorizationResponse, loginTimeout: number): Invitation {
  const address = checkedUrl(answer.verification_uri, SERVICE);
  const code = answer.user_code;
  // letters that look like others cannot be compared by eye
  if (!/^[A-Za-z0-9][A-Za-z0-9 -]{2,38}[A-Za-z0-9]$/.test(code)) {
    throw new LoginError('LOGIN_FAILED', 'the issuer gave a code that cannot be compared by eye');
  }
  const whole = answer.verification_uri_complete;
  const complete = whole === undefined ? address : checkedUrl(whole, SERVICE);
  if (complete.origin !== address.origin) {
    throw new LoginError(
      'LOGIN_FAILED',
      `the issuer names two places to log in at: ${address.host} and ${complete.host}`,
    );
  }
  const patience = Math.min(answer.expires_in, patienceElsewhere(loginTimeout));
  return { address, complete, code, patience };
}

/** Returns the line that says why, and as which account, or '' if the user knows both. */
function reasonLine(why: string, expected: string | undefined): string {
  const who = expected ? ` as ${expected}` : '';
  if (why !== '') return `${why}: log in${who} on any device`;
  return who === '' ? '' : `log in${who}`;
}

function agreementLine({ context }: TokenRequest): string {
  return `${becomesPublic(undefined, context)}. By entering the code, you agree to that`;
}

async function invite(
  terminal: Terminal,
  { address, complete, code, patience }: Invitation,
  before: readonly string[],
): Promise<void> {
  for (const line of before) terminal.say(line);
  terminal.say(
    `open ${address.href} and enter ${code} (waiting up to ${duration(Math.ceil(patience))})`,
  );
  if (terminal.interactive) {
    const { renderUnicodeCompact } = await import('uqr');
    for (const line of renderUnicodeCompact(complete.href, { border: 2 }).split('\n'))
      terminal.hint(line);
  }
  terminal.hint(`agree only if the page is at ${address.host} and shows ${code}`);
}
