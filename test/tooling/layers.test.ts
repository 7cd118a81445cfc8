import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** A small house in which every wall has been broken through once: file → what it imports, and the rule that must notice. */
const PLANTED: readonly (readonly [file: string, code: string, rule: string])[] = [
  ['core/clock.ts', "import '../runtime/quiet.ts';", 'core-imports-nothing'],
  ['core/disk.ts', "import 'node:fs';", 'core-imports-nothing'],
  ['wire/broker.ts', "import '../load-balancer/quiet.ts';", 'wire-imports-core'],
  ['load-balancer/session.machine.ts', "import './requests.ts';", 'the-pure-half-of-the-load-balancer-imports-core-and-wire'],
  ['load-balancer/requests.ts', "import '../runtime/quiet.ts';", ''],
  ['load-balancer/broker.ts', "import '../majordomo/quiet.ts';", 'the-load-balancer-knows-no-pattern'],
  ['majordomo/worker.machine.ts', "import '../simulation/quiet.ts';", 'machines-and-codecs-import-the-pure-layers-and-their-own-folder'],
  [
    'majordomo/codec.ts',
    "import type { Quiet } from '../titanic/quiet.ts';\nexport type A = Quiet;",
    'machines-and-codecs-import-the-pure-layers-and-their-own-folder',
  ],
  ['freelance/client.machine.ts', "import './client.ts';", 'pure-files-never-reach-the-shell'],
  ['freelance/client.ts', "import '../runtime/quiet.ts';", ''],
  ['runtime/role.ts', "import '../majordomo/quiet.ts';", 'runtime-and-transport-know-no-pattern'],
  ['majordomo/broker.ts', "import '../freelance/quiet.ts';", 'patterns-build-only-on-the-patterns-the-guide-builds-them-on'],
  ['titanic/broker.ts', "import '../lazy-pirate/quiet.ts';", 'only-few-build-on-lazy-pirate'],
  ['binary-star/client.ts', "import '../lazy-pirate/quiet.ts';", ''],
  ['simple-pirate/worker.ts', "import '../lazy-pirate/quiet.ts';", ''],
  ['freelance/server.ts', "import '../lazy-pirate/quiet.ts';", ''],
  ['binary-star/server.ts', "import '../majordomo/quiet.ts';", 'only-titanic-builds-on-majordomo'],
  ['titanic/client.ts', "import '../majordomo/quiet.ts';", ''],
  ['majordomo/socket.ts', "import 'zeromq';", 'only-the-zeromq-transport-imports-zeromq'],
  ['transport/zeromq.ts', "import 'zeromq';", ''],
  ['majordomo/client.ts', "import '../transport/zeromq.ts';", 'the-zeromq-transport-is-loaded-when-it-is-needed'],
  ['majordomo/lazy.ts', "await import('../transport/zeromq.ts');", ''],
  ['runtime/driver.ts', "import 'pino';", 'only-the-log-imports-pino'],
  ['runtime/log.ts', "import 'pino';", ''],
  ['runtime/actor.ts', "import 'eventemitter3';", 'only-the-events-import-eventemitter3'],
  ['runtime/events.ts', "import 'eventemitter3';", ''],
  ['simulation/world.ts', "await import('../transport/zeromq.ts');", 'the-simulation-has-no-real-network'],
  ['cli/main.ts', "import 'fast-check';", 'the-library-needs-no-development-tools'],
  ['cli/test.ts', "import '../../test/quiet.ts';", 'the-library-knows-neither-tests-nor-examples'],
  ['dashboard/a.ts', "import './b.ts';", 'no-cycles'],
  ['dashboard/b.ts', "import type { A } from './a.ts';\nexport type B = A;", ''],
  ['dashboard/c.ts', "import './nowhere.ts';", 'every-import-leads-somewhere'],
];

interface Report {
  readonly summary: { readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[] };
}

const root = resolve(import.meta.dirname, '../..');
let house = '';

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'seaworthy-layers-'));
  for (const file of ['tsconfig.json', 'package.json', '.dependency-cruiser.cjs']) cpSync(join(root, file), join(house, file));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  for (const [file, code] of PLANTED) plant(join('src', file), code);
  const folders = new Set(PLANTED.map(([file]) => dirname(file)).concat('lazy-pirate'));
  for (const folder of folders) plant(join('src', folder, 'quiet.ts'), 'export type Quiet = 1;');
  plant('test/quiet.ts', 'export type Quiet = 1;');
});

afterAll(() => {
  rmSync(house, { recursive: true, force: true });
});

function plant(file: string, code: string): void {
  mkdirSync(join(house, dirname(file)), { recursive: true });
  writeFileSync(join(house, file), `${code}\nexport {};\n`);
}

test('every broken wall between the layers is noticed, by its rule, and nothing that is allowed', { timeout: 60_000 }, () => {
  const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout } = spawnSync(process.execPath, [cruise, 'src', '--output-type', 'json'], {
    cwd: house,
    encoding: 'utf8',
    timeout: 50_000,
  });
  const { violations } = (JSON.parse(stdout) as Report).summary;
  for (const [file, code, rule] of PLANTED) {
    const noticed = violations.filter(({ from }) => from === join('src', file)).map((violation) => violation.rule.name);
    if (rule === '') expect(noticed, `${file}: ${code}`).toEqual([]);
    else expect(noticed, `${file}: ${code}`).toContain(rule);
  }
});

test('no layer rule is without a planted breach', () => {
  const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
  const planted = new Set(PLANTED.map(([, , rule]) => rule).filter((rule) => rule !== ''));
  expect([...planted].sort()).toEqual(configuration.forbidden.map(({ name }) => name).sort());
});
