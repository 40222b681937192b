/** PostgreSQL's own text form of an analysed query (`pg_node_tree`), read into plain objects. */
export type Tree = string | null | readonly Tree[] | TreeNode;

export interface TreeNode {
  /** Such as `QUERY` or `VAR`. */
  readonly tag: string;
  readonly fields: Readonly<Record<string, Tree>>;
}

interface Token {
  readonly text: string;
  /** Whether it was quoted or escaped and so is no sign of the notation. */
  readonly isEscaped: boolean;
  readonly first: string;
}

const brackets = '(){}[]';
const spaces = ' \n\t';

/** Reads one tree. Throws for what it does not know, because a half-read truth is none. */
export function readNodeTree(text: string): Tree {
  let position = 0;

  function token(): Token {
    while (spaces.includes(text.charAt(position)) && position < text.length) position++;
    const first = text.charAt(position);
    if (brackets.includes(first)) {
      position++;
      return { text: first, isEscaped: false, first };
    }
    let result = '';
    let isEscaped = false;
    while (position < text.length && !` \n\t${brackets}`.includes(text.charAt(position))) {
      if (text.charAt(position) === '\\') {
        isEscaped = true;
        position++;
      }
      result += text.charAt(position++);
    }
    return { text: result, isEscaped, first };
  }

  function peek(): Token {
    const before = position;
    const next = token();
    position = before;
    return next;
  }

  function isSign(sign: string): boolean {
    const next = peek();
    return next.text === sign && !next.isEscaped;
  }

  function node(): TreeNode {
    const tag = token().text;
    const fields: Record<string, Tree> = {};
    while (!isSign('}')) {
      const name = token();
      if (name.first !== ':')
        throw new Error(`a field was expected at ${position}: ${text.slice(position - 60, position)}`);
      const values: Tree[] = [];
      while (!isSign('}') && peek().first !== ':') values.push(value());
      fields[name.text.slice(1)] = values.length === 1 ? (values[0] ?? null) : values;
    }
    token();
    return { tag, fields };
  }

  function until(end: string): Tree[] {
    const items: Tree[] = [];
    while (!isSign(end)) items.push(value());
    token();
    return items;
  }

  function value(): Tree {
    const next = token();
    if (next.isEscaped || !brackets.includes(next.first) || next.first === '') return atom(next);
    if (next.text === '{') return node();
    if (next.text === '[') return { tag: 'BYTES', fields: { bytes: until(']') } };
    if (next.text !== '(') throw new Error(`"${next.text}" at ${position} begins nothing`);
    // Lists of numbers say so by their first letter.
    const kind = peek();
    const items = until(')');
    return /^[iobx]$/.test(kind.text) && kind.first !== '"' ? items.slice(1) : items;
  }

  function atom({ text: word, isEscaped, first }: Token): Tree {
    if (word === '<>' && !isEscaped) return null;
    return first === '"' && word.length > 1 && word.endsWith('"') ? word.slice(1, -1) : word;
  }

  return value();
}

export function isNode(tree: Tree | undefined | false): tree is TreeNode {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

export function asNode(tree: Tree | undefined): TreeNode {
  if (!isNode(tree)) throw new Error(`a node was expected, not ${JSON.stringify(tree)}`);
  return tree;
}

export function list(tree: Tree | undefined): readonly Tree[] {
  return Array.isArray(tree) ? tree : [];
}

export function nodes(tree: Tree | undefined): TreeNode[] {
  return list(tree).filter(isNode);
}

export function number(tree: Tree | undefined): number {
  return Number(tree ?? 0);
}

export function text(tree: Tree | undefined): string {
  return typeof tree === 'string' ? tree : '';
}
