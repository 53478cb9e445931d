/** Who imports whom, read from the sources: for the bundle's hot chunk and for the laws of the architecture. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** Path from the project's root → text. */
export type Sources = ReadonlyMap<string, string>;

export interface Import {
  readonly from: string;
  /** A path of the tree, or the name of a package. */
  readonly to: string;
  readonly lazy: boolean;
  readonly typeOnly: boolean;
}

/** A node of the syntax tree (ESTree). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** All TypeScript of a folder, declarations left out. */
export function readSources(root: string, folder: string): Sources {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort();
  return new Map(
    files.map((name) => [posix.join(folder, name), readFileSync(join(root, folder, name), 'utf8')]),
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) yield* walk(child);
  }
}

const parsed = new Map<string, readonly Node[]>();

/** Every node of a file's syntax tree. */
export function nodesOf(text: string): readonly Node[] {
  const known = parsed.get(text) ?? [...walk(parseAst(text, { lang: 'ts' }) as unknown as Node)];
  parsed.set(text, known);
  return known;
}

function importOf(from: string, node: Node): Import | undefined {
  const source = node['source'];
  const target = isNode(source) ? source['value'] : undefined;
  if (typeof target !== 'string') return undefined;
  const to = target.startsWith('.') ? posix.join(posix.dirname(from), target) : target;
  if (node.type === 'ImportExpression') return { from, to, lazy: true, typeOnly: false };
  if (!/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) return undefined;
  const specifiers = (node['specifiers'] ?? []) as readonly Node[];
  const kinds = specifiers.map((specifier) => specifier['importKind'] ?? specifier['exportKind']);
  const whole = node['importKind'] ?? node['exportKind'];
  const typeOnly = whole === 'type' || (kinds.length > 0 && kinds.every((kind) => kind === 'type'));
  return { from, to, lazy: false, typeOnly };
}

/** Path → what it imports, with the text that this was read from. */
const imported = new Map<string, { readonly text: string; readonly imports: readonly Import[] }>();

function importsIn(from: string, text: string): readonly Import[] {
  const known = imported.get(from);
  if (known?.text === text) return known.imports;
  const imports = nodesOf(text).flatMap((node) => importOf(from, node) ?? []);
  imported.set(from, { text, imports });
  return imports;
}

/** Every import of every file. */
export function importsOf(sources: Sources): readonly Import[] {
  return [...sources].flatMap(([from, text]) => importsIn(from, text));
}

/** What `entry` loads before it runs: files of the tree and packages, by static imports of values. */
export function staticClosure(sources: Sources, entry: string): ReadonlySet<string> {
  const loads = importsOf(sources).filter(({ lazy, typeOnly }) => !lazy && !typeOnly);
  const edges = Map.groupBy(loads, ({ from }) => from);
  const reached = new Set<string>([entry]);
  for (const path of reached) for (const { to } of edges.get(path) ?? []) reached.add(to);
  return reached;
}
