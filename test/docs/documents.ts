/** The documents as tests read them: their code blocks, tables and links. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** Every document, named from the root of the repository. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

export function textOf(document: string): string {
  return readFileSync(root + document, 'utf8');
}

export interface CodeBlock {
  /** `README.md:17`: where it begins. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

export function codeBlocks(document: string, language: string): CodeBlock[] {
  const text = textOf(document);
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .map(({ index, 1: found = '', 2: code = '' }) => {
      const line = text.slice(0, index).split('\n').length;
      return { place: `${document}:${line}`, language: found, code };
    })
    .filter((block) => block.language === language);
}

/** The body rows of the first table below a heading: cells with backticks taken off. */
export function tableBelow(document: string, heading: string): string[][] {
  const text = textOf(document);
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`${document} has no heading "${heading}"`);
  const table = /(?:^\|.*\|\n)+/m.exec(text.slice(start));
  if (table === null) throw new Error(`${document} has no table below "${heading}"`);
  return table[0]
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

export interface Link {
  readonly text: string;
  readonly target: string;
}

/** Links to other places, code blocks and the web left out. */
export function localLinks(document: string): Link[] {
  const prose = textOf(document).replaceAll(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/(?<!\\)\[((?:[^[\]\\]|\\.)+)\]\(([^)\s]+)\)/g)]
    .map(([, text = '', target = '']) => ({ text, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(document: string): string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
