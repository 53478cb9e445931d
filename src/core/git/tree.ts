/** Computes the id that git would give to a tree of files (tree.c, read-cache base_name_compare). */

import { concatAll, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { type ObjectFormat, objectId } from './signed-object.ts';

export interface TreeFile {
  /** As ls-tree prints it: 100644, 100755, 120000, 160000. */
  readonly mode: string;
  /** Lower-case hex. */
  readonly oid: string;
}

type Node = Map<string, Node | TreeFile>;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

function nameOf(node: Node, crypto: Crypto, format: ObjectFormat): string {
  const rows = [...node].map(([name, child]) => {
    const isTree = child instanceof Map;
    const oid = isTree ? nameOf(child, crypto, format) : child.oid;
    const mode = isTree ? '40000' : child.mode;
    return {
      key: isTree ? `${name}/` : name,
      bytes: [utf8(`${mode} `), bytesOf(`${name}\0`), fromHex(oid)],
    };
  });
  // a tree sorts as if its name ended with a slash, and one character is one byte here
  rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  return objectId(crypto, 'tree', concatAll(rows.flatMap(({ bytes }) => bytes)), format);
}

/** Returns the id of the tree with exactly these files. Paths have one character a byte, and slashes between their parts. */
export function treeId(
  files: Iterable<readonly [path: string, file: TreeFile]>,
  crypto: Crypto,
  format: ObjectFormat,
): string {
  const root: Node = new Map();
  for (const [path, file] of files) {
    const parts = path.split('/');
    const last = parts.pop() ?? '';
    let node = root;
    for (const part of parts) {
      const child = node.get(part);
      const next: Node = child instanceof Map ? child : new Map();
      if (next !== child) node.set(part, next);
      node = next;
    }
    node.set(last, file);
  }
  return nameOf(root, crypto, format);
}
