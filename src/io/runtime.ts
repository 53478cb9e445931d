/** What this program asks of its runtime beyond the language. */

interface BunUnsafe {
  readonly unsafe?: { readonly setJITPolicy?: (scale: number) => void };
}

/**
 * For runs that are long enough to be worth compiling for: the executable starts with its compiler held back, since
 * git starts it once a commit. Nothing on Node.
 */
export function compileEagerly(): void {
  (globalThis as { readonly Bun?: BunUnsafe }).Bun?.unsafe?.setJITPolicy?.(1);
}
