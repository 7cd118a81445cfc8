import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorsOf, documents, localLinks, root, textOf } from './documents.ts';

const titleOf = (story: string): string | undefined => story.split('\n')[0];

describe.each(documents)('%s', (document) => {
  test('every link leads to a file or heading that exists', () => {
    const dead = localLinks(document).filter(({ target }) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      return !existsSync(root + file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  test('every test that is named as evidence has that title', () => {
    const unknown = localLinks(document).filter(({ text, target }) => {
      const file = root + join(dirname(document), target);
      return /(^|\/)test\/.*\.ts$/.test(target) && !text.startsWith('`') && !readFileSync(file, 'utf8').includes(text);
    });
    expect(unknown).toEqual([]);
  });

  test('every story that is named as evidence has that title', () => {
    const unknown = localLinks(document).filter(({ text, target }) => {
      if (!target.endsWith('.story')) return false;
      return titleOf(readFileSync(root + join(dirname(document), target), 'utf8')) !== text.replaceAll('\n', ' ');
    });
    expect(unknown).toEqual([]);
  });

  test('every file that is named by its path exists', () => {
    const named = [...textOf(document).matchAll(/`((?:src|test|docs|scripts|examples|bench)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
  });
});

test('the index names every page of the documents', () => {
  const linked = localLinks('docs/README.md').map(({ target }) => join('docs', target));
  const pages = documents.filter((document) => document.startsWith('docs/') && document !== 'docs/README.md');
  expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
});

test('decision records are numbered without gaps', () => {
  const records = documents.filter((document) => document.startsWith('docs/decisions/'));
  expect(records.length).toBeGreaterThan(0);
  expect(records.map((record) => Number(record.slice('docs/decisions/'.length, 'docs/decisions/NNNN'.length)))).toEqual(
    records.map((_, index) => index + 1),
  );
  for (const record of records) expect(statSync(root + record).size).toBeLessThan(6000);
});
