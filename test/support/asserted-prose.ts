/** Where a test asserts the sentence of an error instead of its code. */

import { type Node, nodesOf } from '../../scripts/imports.ts';

const memberOf = (node: Node | undefined): unknown =>
  (node?.['property'] as Node | undefined)?.['name'];

/** Two words and more, or the column of a table that holds such words. One word is a name: of a host, a setting, an object. */
function isProse(node: Node | undefined, code: string): boolean {
  if (node?.type === 'Identifier') return /^(?:says|said|line|lines)$/.test(String(node['name']));
  if (node === undefined || !/^(?:Literal|TemplateLiteral)$/.test(node.type)) return false;
  return /[a-z] (?:[a-z]|\.\*)/i.test(code.slice(node.start, node.end));
}

/** `toThrow('there is no such file')` and `toThrow(says)`. */
function throwsProse(callee: Node, given: readonly Node[], code: string): boolean {
  return memberOf(callee) === 'toThrow' && isProse(given[0], code);
}

/** `expect(error.message).toMatch(…)`. */
function readsMessage(callee: Node, given: readonly Node[], code: string): boolean {
  const object = callee['object'] as Node | undefined;
  const [about] = (object?.['arguments'] ?? []) as readonly Node[];
  return (
    /^to(?:Match|Be|Contain|Equal)$/.test(String(memberOf(callee))) &&
    object?.type === 'CallExpression' &&
    memberOf(about) === 'message' &&
    isProse(given[0], code)
  );
}

/** `message: expect.stringMatching(…)`. */
function expectsMessage(node: Node, code: string): boolean {
  const { key, value } = node as { readonly key?: Node; readonly value?: Node };
  const callee = value?.['callee'] as Node | undefined;
  const [text] = (value?.['arguments'] ?? []) as readonly Node[];
  return (
    key?.['name'] === 'message' && /^string/.test(String(memberOf(callee))) && isProse(text, code)
  );
}

/** `toMatchObject({ message: 'there is no such file' })`. */
function matchesMessage(callee: Node, given: readonly Node[], code: string): boolean {
  if (!/^(?:toMatchObject|objectContaining)$/.test(String(memberOf(callee)))) return false;
  const properties = (given[0]?.['properties'] ?? []) as readonly Node[];
  return properties.some((property) => {
    const { key, value } = property as { readonly key?: Node; readonly value?: Node };
    return key?.['name'] === 'message' && isProse(value, code);
  });
}

/** Counts the sentences of errors that a test asserts. */
export function assertedProse(code: string): number {
  return nodesOf(code).filter((node) => {
    if (node.type === 'Property') return expectsMessage(node, code);
    const callee = node['callee'] as Node | undefined;
    if (node.type !== 'CallExpression' || callee?.type !== 'MemberExpression') return false;
    const given = node['arguments'] as readonly Node[];
    return [throwsProse, readsMessage, matchesMessage].some((asserts) =>
      asserts(callee, given, code),
    );
  }).length;
}
