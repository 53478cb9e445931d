export interface DaemonOptions {
  readonly dir: string;
  /** True if the user named the directory. */
  readonly named: boolean;
  readonly port: number | undefined;
  readonly rekorVersion: 1 | 2;
}
