import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import type { TransportName } from './src/transport/transport.ts';

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

/** Roles as processes: slower than others, and they hurt each other when the processor is short. */
const interop = ['test/interop/**/*.test.ts', 'test/cli/commands/**/*.test.ts'];
/** Transports with real sockets. They name their transport themselves. */
const transports = ['test/conformance/{zeromq,zmtp}*.test.ts', 'test/zmtp/{transport,roles}.test.ts'];
/** Of the interop tests, those that open no sockets. */
const withoutSockets = ['test/cli/commands/sim.test.ts'];
/** And those of shells and pages, which know of no transport: over two of three choices is enough. */
const aroundRoles = ['test/cli/commands/**/*.test.ts', 'test/interop/{examples,demo,documents}.test.ts'];

/** One file at a time. */
const alone = { testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 1 };
/** The interop tests over one transport, or what each role takes by default. Children take it from the environment, too. */
const interopOver = (transport: TransportName | '') => ({
  globalSetup: ['test/interop/build.setup.ts'],
  setupFiles: ['test/interop/transport.setup.ts'],
  env: { SEAWORTHY_TRANSPORT: transport },
  ...alone,
});

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
          exclude: [...interop, ...transports],
          // They compute, and a busy machine takes its time. What hangs is ended; nothing is measured.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'sockets',
          include: transports,
          ...alone,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: interop,
          ...interopOver(''),
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'interop-zmtp',
          include: interop,
          exclude: withoutSockets,
          ...interopOver('zmtp'),
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'interop-zeromq',
          include: interop,
          exclude: aroundRoles,
          ...interopOver('zeromq'),
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});

export default config;
