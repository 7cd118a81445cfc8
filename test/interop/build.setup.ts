/** Tests that fork run the compiled library: builds it first (incrementally). SEAWORTHY_SKIP_BUILD=1 takes dist/ as it is. */
import { spawnSync } from 'node:child_process';

export default function build(): void {
  if (process.env['SEAWORTHY_SKIP_BUILD'] === '1') return;
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', timeout: 300_000 });
  if (status !== 0)
    throw new Error('the build failed: tests that start processes need it (SEAWORTHY_SKIP_BUILD=1 runs them on the old one)');
}
