/** What this machine has of the things that optional rows need. Nothing is installed: what is missing is said. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Seen from where this is built to: the sources stay where they are. */
const SOURCES = new URL('../../../bench/peers/', import.meta.url);
const compiled = new Map<string, Promise<string | undefined>>();
let folder: string | undefined;

/** Runs a program to its end; what it wrote, or nothing if it failed or is not there. */
function run(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 60_000 }, (error, out) => {
      resolve(error === null ? out : undefined);
    });
  });
}

/** A folder of this run, gone when it ends. */
export function temporaryFolder(): string {
  if (folder === undefined) {
    const own = mkdtempSync(join(tmpdir(), 'seaworthy-bench-'));
    process.on('exit', () => {
      rmSync(own, { recursive: true, force: true });
    });
    folder = own;
  }
  return folder;
}

export const NEEDS_COMPILER = 'needs a C compiler and the headers of libzmq on Linux: apt-get install gcc libczmq-dev (or libzmq3-dev)';
export const NEEDS_PYZMQ = 'needs Python with pyzmq: apt-get install python3-zmq';

/** Path of a program of this folder, compiled once a run; none without a C compiler and the headers of libzmq. */
export function compile(name: 'mdp_broker' | 'mdp_load'): Promise<string | undefined> {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const program = join(temporaryFolder(), name);
  const source = fileURLToPath(new URL(`${name}.c`, SOURCES));
  const compiling = run('cc', ['-std=gnu11', '-O2', '-o', program, source, '-lzmq']).then((done) =>
    done === undefined ? undefined : program,
  );
  compiled.set(name, compiling);
  return compiling;
}

/** How to start the broker in Python; none without pyzmq. */
export async function pythonBroker(): Promise<readonly [command: string, script: string] | undefined> {
  for (const python of ['python3', '/usr/bin/python3'])
    if ((await run(python, ['-c', 'import zmq'])) !== undefined) return [python, fileURLToPath(new URL('mdp_broker.py', SOURCES))];
  return undefined;
}

/** Whether a program can be started. */
export async function has(command: string, versionOption = '--version'): Promise<boolean> {
  return (await run(command, [versionOption])) !== undefined;
}

/** Where a package lies under the `node_modules` of `peers`; none if it is not there. */
export function packageIn(peers: string | undefined, name: string): string | undefined {
  if (peers === undefined) return undefined;
  try {
    return createRequire(join(resolve(peers), 'index.js')).resolve(name);
  } catch {
    return undefined;
  }
}
