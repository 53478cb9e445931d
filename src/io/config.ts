/**
 * Settings, from the table of design §4: default < gitsign.* < signet.* < SIGSTORE_* < GITSIGN_* < SIGNET_* < flag.
 * `git config --list -z` is asked once, on demand, by a plain child process. A value that cannot be read is an
 * error that names key, origin and what was expected.
 */

/** Everything that can be configured. Paths are absolute or relative to the working directory; URLs have no trailing slash. */
export interface Settings {
  /** trusted_root.json, or a ClientTrustConfig. */
  readonly trust?: string;
  /** signing_config.json. */
  readonly signingConfig?: string;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly rekorVersion?: 1 | 2;
  /** Where the log entry is kept: in the signature ('offline') or in the log only ('online'). */
  readonly rekorMode: 'offline' | 'online';
  readonly issuer?: string;
  readonly clientId: string;
  readonly clientSecretFile?: string;
  readonly redirectUrl?: string;
  readonly connectorId?: string;
  readonly tokenProvider?: string;
  readonly timestamp: 'auto' | 'always';
  readonly timestampUrl?: string;
  readonly timestampCertChain?: string;
  /** gitsign's key files, PEM. */
  readonly fulcioRoot?: string;
  readonly rekorPublicKey?: string;
  readonly ctLogPublicKey?: string;
  /** The identity that signatures made here must carry. */
  readonly identity?: string;
  readonly matchCommitter: boolean;
  /** PATH, or REV:PATH. */
  readonly policy?: string;
  readonly trustWithoutPolicy: 'undefined' | 'full';
  /** Program for S/MIME signatures of other issuers, with its arguments. */
  readonly x509Fallback?: string;
  readonly urlOpener?: string;
  readonly autoclose: boolean;
  /** Seconds. */
  readonly autocloseTimeout: number;
  readonly logPath?: string;
  readonly quiet: boolean;
  /** Seconds. */
  readonly loginTimeout: number;
  readonly offline: boolean;
  /** git's own user.name and user.email, for matchCommitter. */
  readonly userName?: string;
  readonly userEmail?: string;
}

export type SettingName = Exclude<keyof Settings, 'userName' | 'userEmail'>;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsSources {
  readonly env: Environment;
  readonly cwd: string;
  /** Values typed on the command line, by setting name. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  /** Output of `git config --list -z`, where it is already there (tests). */
  readonly gitConfig?: string;
}
