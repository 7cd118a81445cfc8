/** `npm run check`: everything that can be judged without running the library. Runs every step, then names those that failed. */
import { spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

const STEPS: readonly { readonly name: string; readonly command: string }[] = [
  { name: 'types', command: 'tsc -p tsconfig.json' },
  { name: 'lint', command: 'oxlint --deny-warnings' },
  { name: 'format', command: 'prettier --check --log-level warn .' },
  { name: 'layers', command: 'depcruise --config .dependency-cruiser.cjs src examples bench scripts test' },
  { name: 'purity', command: 'node build/scripts/check-pure.js' },
  { name: 'unused', command: 'knip --no-config-hints' },
  { name: 'charts', command: 'node build/scripts/charts.js --check' },
  { name: 'manifest', command: 'publint --strict' },
  { name: 'package', command: 'node build/scripts/check-package.js' },
];

const env = { ...process.env, PATH: resolve('node_modules/.bin') + delimiter + (process.env['PATH'] ?? '') };
const wanted = process.argv.slice(2);
const failed: string[] = [];
for (const { name, command } of STEPS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit', env, timeout: 300_000 });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
