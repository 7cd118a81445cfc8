/**
 * Compiles library and examples once per run, because the children of these tests are plain Node processes: they load what
 * users get, the compiled modules in `dist`.
 *
 * Type errors are printed and do not stop the run: they are the business of the type check, and modules are compiled in spite
 * of them. Where nothing could be compiled the run stops here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export default function compile(): void {
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  const projects = ['tsconfig.build.json', 'tsconfig.examples.json'];
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-b', ...projects], { cwd: root, encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`there are type errors:\n${stdout}\n`);
  if (!existsSync(`${root}dist/index.js`)) throw new Error('the library could not be compiled');
}
