/** The version of package.json, which the build puts in place of this name; source run as it stands says so. */

declare const SIGNET_VERSION: string;

export const VERSION = typeof SIGNET_VERSION === 'string' ? SIGNET_VERSION : '0.0.0-source';
