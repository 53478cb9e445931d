/** What the build puts in place of these names. Sources that run unbuilt say so. */

declare const SIGNET_VERSION: string;
declare const SIGNET_BUILD: string;

/** The version of package.json. */
export const VERSION = typeof SIGNET_VERSION === 'string' ? SIGNET_VERSION : '0.0.0-source';

/** A digest of the sources and of the locked packages: equal for both forms and all platforms of one build. */
export const BUILD = typeof SIGNET_BUILD === 'string' ? SIGNET_BUILD : 'source';

/** What `version --json` tells, in that order. Two programs that tell the same are the same build on the same runtime. */
export function buildFacts() {
  const { bun, node } = process.versions;
  const { platform, arch } = process;
  const [runtime, runtimeVersion] = bun === undefined ? ['node', node] : ['bun', bun];
  const name = 'git-signet';
  return { name, version: VERSION, build: BUILD, runtime, runtimeVersion, platform, arch };
}
