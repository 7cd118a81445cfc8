import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { codeBlocks, documents, root, type CodeBlock } from './documents.ts';

const blocks = documents.flatMap((document) => codeBlocks(document, 'ts'));

test('there is TypeScript in the README and in the pages of the patterns', () => {
  const places = blocks.map((block) => block.place.replace(/:.*/, ''));
  expect(places).toContain('README.md');
  expect(places).toContain('docs/patterns/majordomo.md');
});

test('every TypeScript block of the documents compiles as it stands, and one that does not would be found', { timeout: 120_000 }, () => {
  const wrong = {
    place: 'a wrong block',
    language: 'ts',
    code: "import { MajordomoClient } from 'seaworthy';\nMajordomoClient.connect(5555);\n",
  };
  expect(problemsOf([...blocks, wrong])).toEqual([expect.stringMatching(/^a wrong block: .*number/)]);
});

test('the test in docs/TESTING.md is one that runs here', () => {
  const shown = codeBlocks('docs/TESTING.md', 'ts').map((block) => block.code);
  expect(shown).toContain(readFileSync(`${root}test/docs/heartbeat-expiry.test.ts`, 'utf8'));
});

function problemsOf(checked: readonly CodeBlock[]): string[] {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
  ) ?? {
    options: {},
  };
  // The page on the testkit shows files of an example, which import each other.
  const folderOf = ({ place }: CodeBlock): string => (place.startsWith('docs/testkit.md:') ? `${root}examples/testkit/` : root);
  const files = new Map(checked.map((block, number) => [`${folderOf(block)}block-${number}.ts`, block]));
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (file) => files.get(file)?.code ?? read(file);
  host.fileExists = (file) => files.has(file) || exists(file);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([file, block]) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${block.place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

function onUnRecoverableConfigFileDiagnostic(diagnostic: ts.Diagnostic): void {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '));
}
