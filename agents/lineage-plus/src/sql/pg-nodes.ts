import type { Node } from 'libpg-query';

/** The strings of a list of String nodes, as in qualified names and column lists; other nodes are left out. */
export function names(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? (node.String.sval ?? '') : []));
}

/** The items of a List node; a single node is a list of itself. */
export function listItems(node: Node): Node[] {
  return 'List' in node ? (node.List.items ?? []) : [node];
}

/** Whether a node says something: PostgreSQL's tree has empty ones where an option is absent. */
export function isPresent(node: Node | undefined): node is Node {
  return node !== undefined && Object.keys(node).length > 0;
}
