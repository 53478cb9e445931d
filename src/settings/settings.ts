/** What can be configured, and what holds where nothing is. table.ts says how each is spelt. */

/** Everything that can be configured. Paths are absolute or relative to the working directory; URLs have no trailing slash. */
export interface Settings {
  /** trusted_root.json, a ClientTrustConfig, or a TUF mirror's address (trust/source.ts). */
  readonly trust?: string;
  /** Root metadata that a mirror's updates start from, where its address does not name one. */
  readonly trustRoot?: string;
  /** Where what mirrors served is kept: from the environment, never a setting. */
  readonly trustCache?: string;
  /** `none` only for an instance whose trust root lists no certificate transparency log. */
  readonly ctLog: 'required' | 'none';
  /** Hosts that may be asked by http although they are not this machine, separated by commas. */
  readonly insecureHttp?: string;
  /** signing_config.json. */
  readonly signingConfig?: string;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly rekorVersion?: 1 | 2;
  /** Where the log entry is kept: in the signature ('offline') or in the log only ('online'). */
  readonly rekorMode: 'offline' | 'online';
  readonly issuer?: string | undefined;
  readonly clientId: string;
  readonly clientSecretFile?: string;
  readonly redirectUrl?: string;
  readonly connectorId?: string;
  readonly tokenProvider?: string;
  /** The variable that holds an identity token; SIGSTORE_ID_TOKEN unless set. */
  readonly tokenVariable?: string;
  /** A file that holds one. */
  readonly tokenFile?: string;
  readonly timestamp: 'auto' | 'always';
  readonly timestampUrl?: string | undefined;
  readonly timestampCertChain?: string;
  /** gitsign's key files, PEM. */
  readonly fulcioRoot?: string;
  readonly rekorPublicKey?: string;
  readonly ctLogPublicKey?: string;
  /** The identity that signatures made here must carry. */
  readonly identity?: string | undefined;
  readonly matchCommitter: boolean;
  /** Whether an identity may become public: asked at its first login, agreed to beforehand, or never. */
  readonly publishIdentity: 'ask' | 'yes' | 'no';
  /** PATH, or REV:PATH. */
  readonly policy?: string | undefined;
  /** The commit behind which history is judged. */
  readonly since?: string | undefined;
  readonly trustWithoutPolicy: 'undefined' | 'full';
  /** Program for S/MIME signatures of other issuers, with its arguments. */
  readonly x509Fallback?: string;
  readonly urlOpener?: string;
  readonly autoclose: boolean;
  /** Seconds. */
  readonly autocloseTimeout: number;
  readonly logPath?: string;
  /** A refresh token may be kept in the operating system's keyring; else it lives in the agent's memory only. */
  readonly keyring: boolean;
  readonly quiet: boolean;
  /** Seconds. */
  readonly loginTimeout: number;
  readonly offline: boolean;
  /** Sign through the agent, which starts by itself. */
  readonly agent: boolean;
  /** Seconds without a request after which the agent leaves. */
  readonly agentIdle: number;
  /** Where agents have their sockets. */
  readonly agentDirectory?: string;
  /** A socket that somebody forwarded here: signatures are asked for there. */
  readonly agentSocket?: string;
  /** The agent's own second socket, for forwarding: only "sign this payload" is understood there. */
  readonly forwardSocket?: string;
  /** A program that is asked before each forwarded signature. */
  readonly forwardConfirm?: string;
  /** Forwarded signatures in any minute. */
  readonly forwardRate: number;
  /** Clones that forwarded commits and tags must belong to, separated as in PATH. */
  readonly forwardRepositories?: string;
  /** One line a forwarded signature. */
  readonly forwardLog?: string;
  /** `none`: signatures go into no log, where the policy says so too. */
  readonly log: 'required' | 'none';
  /** Proxy for services, instead of HTTPS_PROXY and its kin; `none` switches those off. */
  readonly proxy?: string | undefined;
  /** Certificates of further authorities for servers' names, PEM. */
  readonly caFile?: string | undefined;
  /** Seconds that a service is given, over all attempts. */
  readonly timeout: number;
  /** Values of the repository that do not count here; absent where there are none. Never a setting. */
  readonly ignored?: readonly IgnoredSetting[];
  /** True where the repository names the proxy or the authorities that count here. */
  readonly networkOfRepository?: boolean;
}

export type SettingName = Exclude<keyof Settings, 'trustCache' | 'ignored' | 'networkOfRepository'>;

/** A value in the repository's own configuration that does not count (settings/authority.ts). */
export interface IgnoredSetting {
  readonly name: SettingName;
  /** git's key as a person writes it: `signet.policy`, `gitsign.fulcio`. */
  readonly key: string;
  /** The file that it stands in. */
  readonly origin: string;
  /** False where a repository never sets it. */
  readonly allowable: boolean;
}

/** What holds where nothing is said. */
export const DEFAULTS = {
  ctLog: 'required',
  rekorMode: 'offline',
  clientId: 'sigstore',
  timestamp: 'auto',
  matchCommitter: false,
  publishIdentity: 'ask',
  trustWithoutPolicy: 'undefined',
  autoclose: true,
  autocloseTimeout: 6,
  keyring: false,
  quiet: true,
  loginTimeout: 120,
  offline: false,
  agent: true,
  agentIdle: 8 * 3600,
  forwardRate: 60,
  log: 'required',
  timeout: 30,
} as const satisfies Partial<Settings>;
