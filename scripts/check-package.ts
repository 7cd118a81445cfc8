/**
 * `npm run check`, one step: packs the package, unpacks it where nothing else is, and uses it as a user would. Every entry is
 * imported by a plain Node process and compiled against with library checks on; entries that promise to load without the
 * native binding are imported where there is none. Needs no network.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Only these need ZeroMQ when they are loaded; all others load it, if at all, when a role starts. */
const NEEDS_BINDING: ReadonlySet<string> = new Set(['./transport/zeromq']);

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
const house = mkdtempSync(join(tmpdir(), 'seaworthy-package-'));
const problems: string[] = [];
try {
  unpack();
  load(
    entries.filter((entry) => !NEEDS_BINDING.has(entry)),
    'without zeromq',
  );
  simulateSomething();
  linkDependency('zeromq');
  load(entries, 'with zeromq');
  for (const [name, file] of Object.entries(manifest.bin))
    expectSuccess(`${name} --version`, process.execPath, [join('node_modules/seaworthy', file), '--version']);
  compile();
} finally {
  rmSync(house, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** The packed package in `node_modules`, next to links to what it and its dependencies need, but ZeroMQ. */
function unpack(): void {
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', house];
  expectSuccess('npm pack', 'npm', pack, resolve('.'));
  const archive = readdirSync(house).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no archive');
  expectSuccess('tar', 'tar', ['-xzf', archive]);
  mkdirSync(join(house, 'node_modules'));
  renameSync(join(house, 'package'), join(house, 'node_modules/seaworthy'));
  for (const name of Object.keys(manifest.dependencies)) if (name !== 'zeromq') linkDependency(name);
  linkDependency('@types/node');
  linkDependency('typescript');
}

function linkDependency(name: string): void {
  const target = join(house, 'node_modules', name);
  mkdirSync(join(target, '..'), { recursive: true });
  symlinkSync(resolve('node_modules', name), target);
}

function load(some: readonly string[], how: string): void {
  const code = `for (const entry of ${JSON.stringify(some.map(specifier))}) {
    const exported = Object.keys(await import(entry));
    if (exported.length === 0) throw new Error(entry + ' exports nothing');
  }`;
  expectSuccess(`importing every entry ${how}`, process.execPath, ['--input-type=module', '--eval', code]);
}

/** The testkit in a project that has neither ZeroMQ nor a test runner: a program that uses it, and the example that comes along. */
function simulateSomething(): void {
  const code = `import { scenarios, verify } from 'seaworthy/testkit';
    const { runs } = await verify(scenarios.majordomo[0], { seeds: 3 });
    if (runs !== 3) throw new Error(runs + ' runs');`;
  expectSuccess('simulating without zeromq and without a test runner', process.execPath, ['--input-type=module', '--eval', code]);
  expectSuccess('the example of the testkit', process.execPath, ['node_modules/seaworthy/dist/examples/testkit/main.js']);
  if (existsSync(join(house, 'node_modules/seaworthy/dist/examples/testkit/stock.test.js'))) problems.push('tests are in the package');
}

function specifier(entry: string): string {
  return `seaworthy${entry.slice(1)}`;
}

/** A user's program that imports everything, compiled with `skipLibCheck` off. */
function compile(): void {
  const lines = entries.map((entry, index) => `export * as entry${index} from ${JSON.stringify(specifier(entry))};`);
  writeFileSync(join(house, 'user.ts'), `${lines.join('\n')}\n`);
  writeFileSync(join(house, 'package.json'), '{ "type": "module" }');
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2022,esnext.disposable',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  expectSuccess('compile against the types', process.execPath, ['node_modules/typescript/bin/tsc', ...options, 'user.ts']);
}

function expectSuccess(what: string, command: string, given: readonly string[], cwd: string = house): void {
  const { status, stdout, stderr } = spawnSync(command, given, { cwd, encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) problems.push(`${what} failed:\n${stdout}${stderr}`);
}
