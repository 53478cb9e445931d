/**
 * A login on another device (RFC 8628): the person opens an address anywhere, sees the same code there as here, and
 * agrees. The issuer's address must be https (or this machine); host and code are shown, so that a link from
 * somebody else is noticed; asked no more often than the issuer allows, and not for ever (threat O11).
 */

import type { DeviceAuthorizationResponse } from 'openid-client';
import { LoginError } from '../../errors.ts';
import { checkedUrl } from '../../http/http.ts';
import type { Terminal } from '../../system/terminal.ts';
import { duration } from '../browser/page.ts';
import { connectIssuer } from '../connect.ts';
import type { Issuer } from '../issuer.ts';
import { told } from '../issuer-errors.ts';
import { patienceElsewhere } from '../patience.ts';
import { becomesPublic } from '../publication.ts';
import { readIdentityToken } from '../token-claims.ts';
import type { IdentityToken, TokenRequest } from '../token-request.ts';
import { pollDevice } from './poll.ts';

const SERVICE = 'the device login page';

/** What is shown. */
interface Invitation {
  /** Where the code is entered. */
  readonly address: URL;
  /** The same with the code in it, where the issuer offers that: for the QR code. */
  readonly complete: URL;
  readonly code: string;
  /** Seconds. */
  readonly patience: number;
}

/** Undefined where the issuer has no device grant: another way must do. @throws LoginError, ConfigError, ServiceError */
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
  // a terminal asks after the login; without one the code is the answer, so this must be known before it is entered
  const told = !terminal.interactive;
  await invite(terminal, invitation, [
    ...(reason === '' ? [] : [reason]),
    ...(told && settings.publishIdentity !== 'yes' ? [agreementLine(request)] : []),
  ]);
  const { idToken, ...renewal } = await pollDevice(issuer, authorization, {
    patience: invitation.patience,
    send: request.send,
  });
  const claims = readIdentityToken(idToken, {
    clientId: settings.clientId,
    issuer: issuer.name,
    ownRequest: true,
    now: request.now(),
  });
  request.accept(claims);
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

/** @throws ServiceError for an address that nobody should open, LoginError for a code that could be another */
function readInvitation(answer: DeviceAuthorizationResponse, loginTimeout: number): Invitation {
  const address = checkedUrl(answer.verification_uri, SERVICE);
  const code = answer.user_code;
  // what cannot be told apart from other letters cannot be compared by eye
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

/** Why a device, and as whom; empty where the person knows both. */
function reasonLine(why: string, expected: string | undefined): string {
  const who = expected ? ` as ${expected}` : '';
  if (why !== '') return `${why}: log in${who} on any device`;
  return who === '' ? '' : `log in${who}`;
}

/** Whose address it will be only the login tells. */
function agreementLine({ context }: TokenRequest): string {
  return `${becomesPublic('your e-mail address', context)}; who enters the code agrees to that`;
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
