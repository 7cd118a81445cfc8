import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

interface PackageManifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** `seaworthy/…` means the sources, so that unit tests need no build: the same map as `exports`, with dist/x.js read as src/x.ts. */
function sourceAliases(): { find: RegExp; replacement: string }[] {
  const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as PackageManifest;
  return Object.entries(manifest.exports).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : {
          find: new RegExp(`^${('seaworthy' + entry.slice(1)).replaceAll('/', '\\/')}$`),
          replacement: fileURLToPath(new URL(target.default.replace('./dist/', './src/').replace(/\.js$/, '.ts'), import.meta.url)),
        },
  );
}

/** Tests with real sockets or real processes: slower, and they hurt each other when the processor is short. */
const interop = ['test/interop/**/*.test.ts', 'test/conformance/zeromq*.test.ts', 'test/cli/commands/**/*.test.ts'];

// Worker threads are out of the question: ending one that holds a socket with a pending receive aborts the whole process.
const config: ViteUserConfig = defineConfig({
  resolve: { alias: sourceAliases() },
  test: {
    pool: 'forks',
    teardownTimeout: 10_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html', 'lcov'], reportsDirectory: 'coverage' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{test,examples}/**/*.test.ts'],
          exclude: interop,
          // They compute, and a busy machine takes its time. What hangs is ended; nothing is measured.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: interop,
          globalSetup: ['test/interop/build.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

export default config;
