import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One file of a recipe: the lines of its part of the diff block. */
interface RecipeFile {
  path: string;
  lines: string[];
}

/** The files of the diff block below a heading of CONTRIBUTING.md. */
export function readRecipe(contributing: string, heading: string): RecipeFile[] {
  const [, chapter = ''] = contributing.split(`\n## ${heading}\n`);
  const [, block = ''] = /```diff\n(.*?)\n```/s.exec(chapter.split('\n## ')[0] ?? '') ?? [];
  return block
    .split(/^\+\+\+ /m)
    .filter(Boolean)
    .map((part) => {
      const [path = '', ...lines] = part.trimEnd().split('\n');
      return { path, lines };
    });
}

/** Does in `folder` what the recipe says. Throws where a line that it changes or stands beside is not there, once. */
export function followRecipe(folder: string, recipe: RecipeFile[]): void {
  for (const { path, lines } of recipe) {
    const file = join(folder, path);
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${without('-', lines)}\n`);
      continue;
    }
    const changed = hunksOf(lines).reduce((text, hunk) => changeOnce(text, hunk, path), readFileSync(file, 'utf8'));
    writeFileSync(file, changed);
  }
}

/** `…` stands for what is between two places of a file. */
const hunksOf = (lines: string[]): string[][] =>
  lines
    .join('\n')
    .split('\n…\n')
    .map((hunk) => hunk.split('\n'));

function changeOnce(text: string, hunk: string[], path: string): string {
  const [before, after] = [without('+', hunk), without('-', hunk)];
  const parts = text.split(`\n${before}\n`);
  if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} places like this:\n${before}`);
  return parts.join(`\n${after}\n`);
}

const without = (sign: '+' | '-', lines: string[]): string =>
  lines
    .filter((line) => !line.startsWith(sign))
    .map((line) => line.slice(1))
    .join('\n');
