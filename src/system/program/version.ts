/** The version and the build. The build replaces these names. Sources that run unbuilt have the values below. */

declare const SIGNET_VERSION: string;
declare const SIGNET_BUILD: string;

/** The version of package.json. */
export const VERSION = typeof SIGNET_VERSION === 'string' ? SIGNET_VERSION : '0.0.0-source';

/** The digest of the sources and of the locked packages. It is equal for both forms and all platforms of one build. */
export const BUILD = typeof SIGNET_BUILD === 'string' ? SIGNET_BUILD : 'source';

/** Returns what `version --json` prints, in that order. Programs that print the same are one build on one runtime. */
export function buildFacts() {
  const { bun, node } = process.versions;
  const { platform, arch } = process;
  const [runtime, runtimeVersion] = bun === undefined ? ['node', node] : ['bun', bun];
  const name = 'git-signet';
  return { name, version: VERSION, build: BUILD, runtime, runtimeVersion, platform, arch };
}
