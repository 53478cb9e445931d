/** The part of JSON Schema (2020-12) that this project's schemas use. An unknown keyword is an error, never ignored. */

type Schema = Readonly<Record<string, unknown>>;

const SILENT = new Set(['$schema', '$id', 'title', 'description', '$defs']);

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** What is wrong with `value`, one line a fault; empty when it is valid. */
export function schemaFaults(value: unknown, schema: Schema, root = schema, at = '$'): string[] {
  const faults: string[] = [];
  const check = (ok: boolean, what: string): void => {
    if (!ok) faults.push(`${at}: ${what}`);
  };
  const below = (child: unknown, sub: unknown, step: string): string[] =>
    schemaFaults(child, sub as Schema, root, `${at}${step}`);
  const holds = (sub: unknown): boolean => below(value, sub, '').length === 0;
  const properties = (schema['properties'] ?? {}) as Schema;
  for (const [keyword, rule] of Object.entries(schema)) {
    const list = (Array.isArray(rule) ? rule : []) as readonly unknown[];
    if (SILENT.has(keyword)) continue;
    else if (keyword === '$ref') {
      const path = String(rule).replace('#/', '').split('/');
      const target = path.reduce<unknown>((node, key) => (node as Schema)[key], root);
      faults.push(...below(value, target, ''));
    } else if (keyword === 'type')
      check(typeOf(value) === rule, `is ${typeOf(value)}, not ${rule}`);
    else if (keyword === 'const') check(value === rule, `is not ${rule}`);
    else if (keyword === 'enum') check(list.includes(value), `${String(value)} is not listed`);
    else if (keyword === 'pattern')
      check(typeof value === 'string' && new RegExp(String(rule), 'u').test(value), `not ${rule}`);
    else if (keyword === 'minimum') check(Number(value) >= Number(rule), `below ${rule}`);
    else if (keyword === 'required')
      for (const name of list) check(isObject(value) && String(name) in value, `lacks ${name}`);
    else if (keyword === 'properties')
      for (const [name, sub] of Object.entries(properties))
        if (isObject(value) && name in value) faults.push(...below(value[name], sub, `.${name}`));
        else continue;
    else if (keyword === 'additionalProperties') {
      for (const name of Object.keys(isObject(value) ? value : {})) {
        if (name in properties) continue;
        if (rule === false) check(false, `has ${name}`);
        else faults.push(...below((value as Schema)[name], rule, `.${name}`));
      }
    } else if (keyword === 'items')
      for (const [index, item] of ((value ?? []) as unknown[]).entries())
        faults.push(...below(item, rule, `[${index}]`));
    else if (keyword === 'contains')
      check(
        Array.isArray(value) && value.some((item) => below(item, rule, '[]').length === 0),
        'has no such item',
      );
    else if (keyword === 'oneOf') check(list.filter(holds).length === 1, 'is not one of the forms');
    else if (keyword === 'anyOf') check(list.some(holds), 'is none of the forms');
    else if (keyword === 'not') check(!holds(rule), 'is what it must not be');
    else throw new Error(`unknown keyword ${keyword}`);
  }
  return faults;
}
