/**
 * Loads at the start what the agent would load on use, because an upgrade takes away the files that a running bundle would
 * look for hours later (threat D24). A test compares this list with what the agent's modules import lazily.
 */

/** Loads it all, and what the first signature would wait for. Never rejects: a failure comes again on use. */
export async function preload(): Promise<void> {
  const { subtle } = globalThis.crypto;
  await Promise.allSettled([
    import('node:http'),
    import('node:https'),
    import('node:tls'),
    subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']),
    import('../../services/timestamp.ts'),
    import('../../signing/statement-form.ts'),
    import('../../http/authorities.ts'),
    import('../../login/refresh.ts'),
    import('openid-client'),
    import('../../core/trust/key-files.ts'),
    import('../../settings/allowed.ts'),
    import('../../trust/embedded.ts'),
    import('../../trust/public-good.ts'),
    import('../../trust/signing-config.ts'),
    import('../../trust/mirror-refresh.ts'),
    import('../../trust/state.ts'),
  ]);
}
