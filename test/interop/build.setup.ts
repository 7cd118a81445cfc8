/**
 * Compiles the library once per run, because the children of these tests are plain Node processes: they load what users get,
 * the compiled modules in `dist`.
 *
 * Type errors are printed and do not stop the run: they are the business of the type check, and modules are compiled in spite
 * of them. Where nothing could be compiled the run stops here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export default function compile(): void {
  const record = 'node_modules/.cache/seaworthy/interop.tsbuildinfo';
  // The record says what needs no compiling; it must not outlive the result.
  if (!existsSync(`${root}dist/index.js`)) rmSync(`${root}${record}`, { force: true });
  const compiler = [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', record];
  const { stdout, status } = spawnSync(process.execPath, compiler, { cwd: root, encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`the library has type errors:\n${stdout}\n`);
  if (!existsSync(`${root}dist/index.js`)) throw new Error('the library could not be compiled');
}
