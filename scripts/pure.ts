/**
 * What the pure files may not mention. A machine that could look at a clock or await something would not run unchanged under
 * a fake clock, in a simulation and in an explorer, so the rule is checked on the syntax, not trusted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

const PURE_FOLDERS = ['core/', 'wire/'];
const PURE_FILES = /(^|\/)(codec|[^/]+\.machine)\.ts$|^load-balancer\/(ready-workers|failures|dialect)\.ts$/;

/** Whether a file, named relative to `src` with forward slashes, must be pure. */
export function isPure(file: string): boolean {
  return PURE_FOLDERS.some((folder) => file.startsWith(folder)) || PURE_FILES.test(file);
}

/** Global names that bring in time, chance, the outside world or another turn of the event loop. */
const FORBIDDEN_GLOBALS: ReadonlySet<string> = new Set([
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'crypto',
  'process',
  'Promise',
  'globalThis',
  'console',
  'fetch',
]);

export interface Impurity {
  readonly line: number;
  readonly mention: string;
}

/** Every forbidden mention in the code of one file; comments and strings do not count. */
export function impurities(file: string, text: string): Impurity[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Impurity[] = [];
  const report = (node: ts.Node, mention: string): void => {
    found.push({ line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, mention });
  };
  const visit = (node: ts.Node): void => {
    const mention = impurityOf(node);
    if (mention !== undefined) report(node, mention);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function impurityOf(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)) return 'await';
  if (ts.isIdentifier(node) && FORBIDDEN_GLOBALS.has(node.text) && !isMemberName(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'Math' && node.name.text === 'random') return 'Math.random';
  if (ts.isElementAccessExpression(node) && node.expression.getText() === 'Math') return 'Math[…]';
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return 'import()';
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && isNodeModule(node.moduleSpecifier)) {
    return `import of ${node.moduleSpecifier?.getText() ?? ''}`;
  }
  return undefined;
}

/** `order.process` and `{ process: 1 }` name a member of something else, not the global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent))
    return (ts.isQualifiedName(parent) ? parent.right : parent.name) === node;
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isMethodDeclaration(parent)) &&
    parent.name === node
  );
}

function isNodeModule(specifier: ts.Expression | undefined): boolean {
  return specifier !== undefined && ts.isStringLiteral(specifier) && !specifier.text.startsWith('.');
}

/** `file:line mention` for every impurity of the pure files below `root`. Throws when there are no pure files at all. */
export function checkPure(root: string): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts') && isPure(file))
    .sort();
  if (files.length === 0) throw new Error(`no pure files below ${root}: the rule would check nothing`);
  return files.flatMap((file) => {
    const path = join(root, file);
    return impurities(file, readFileSync(path, 'utf8')).map(
      ({ line, mention }) => `${relative('.', path)}:${line} a pure file mentions ${mention}`,
    );
  });
}
