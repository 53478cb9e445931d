/** The sandbox's exports: a whole Sigstore in one process on loopback, for trying things out and for tests. */

export { type ChildOptions, gitConfigEnvironment } from './environment.ts';
export type { LeafVariations, Principal } from './fulcio/issue.ts';
export {
  type IssuedSignature,
  newKeys,
  type SignatureRequest,
} from './issue-signature.ts';
export type { SandboxUser } from './oidc/consent-page.ts';
export type { TokenClaims, Workflow } from './oidc/identity-token.ts';
export type { EntryFields } from './rekor/entry-writer.ts';
export type { Intercept, Reply, SandboxRequest } from './service.ts';
export { DEFAULT_USERS, type Sandbox, type SandboxOptions, startSandbox } from './start.ts';
export { SERVICES, type ServiceName } from './state.ts';
export type { TrustFiles } from './trust-files.ts';
