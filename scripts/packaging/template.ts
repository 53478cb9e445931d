/** Files that are written from a template of `packaging/` and facts of the release: every `@NAME@` is replaced. */

/** @throws Error for a name that has no value, or a value that no name asks for */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const filled = template.replaceAll(/@([A-Z][A-Z0-9_]*)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template asks for @${name}@, which has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the template does not ask for @${unused.join('@, @')}@`);
  return filled;
}
