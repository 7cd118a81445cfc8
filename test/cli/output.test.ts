import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/cli/arguments.ts';
import { isLocal } from '../../src/cli/serving.ts';
import { Output, frameAsJson, table } from '../../src/cli/output.ts';

/** An output and what it wrote; `isTTY` makes its standard output a terminal. */
function output(isTTY = false): {
  readonly output: Output;
  readonly said: { stdout: string; stderr: string };
  readonly fail: (code: string) => void;
} {
  const said = { stdout: '', stderr: '' };
  const listeners: ((error: Error) => void)[] = [];
  const stream = (name: keyof typeof said) => ({
    isTTY,
    write: (bytes: string | Uint8Array) => {
      said[name] += typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
    },
    on: (_event: 'error', listener: (error: Error) => void) => {
      if (name === 'stdout') listeners.push(listener);
    },
  });
  return {
    output: new Output('seaworthy test', { stdout: stream('stdout'), stderr: stream('stderr') }),
    said,
    fail: (code) => {
      for (const listener of listeners) listener(Object.assign(new Error(`${code}: it failed`), { code }));
    },
  };
}

const EVIL = '\u001b[2J\u009b2J\u202egnp.exe\r';

describe('a reply', () => {
  test('reaches a file or a pipe byte for byte, with a newline at its end', () => {
    const { output: out, said } = output();
    for (const bytes of ['\x00\xff\x1b', 'line\n', '']) out.frame(Buffer.from(bytes, 'latin1'));
    expect(said.stdout).toBe('\x00\xff\x1b\nline\n\n');
  });

  test('does not drive a terminal', () => {
    const { output: out, said } = output(true);
    out.frame(Buffer.from(`${EVIL}\ttab\n`));
    expect(said.stdout).toBe('\\u001b[2J\\u009b2J\\u202egnp.exe\\u000d\ttab\n');
  });

  test('is a string in JSON when it is UTF-8, else base64', () => {
    expect(frameAsJson(Buffer.from('é'))).toBe('é');
    expect(frameAsJson(Buffer.of(0xff))).toEqual({ base64: '/w==' });
  });
});

test('what a peer can put into an event, a remark or an error does not drive a terminal', () => {
  const { output: out, said } = output();
  out.verbose = true;
  out.happened('peerRefused', { reason: EVIL, count: 3 });
  out.note(EVIL);
  out.problem({ error: 'REQUEST_FAILED', message: EVIL });
  out.json = true;
  out.result({ body: [EVIL] }, '');
  // eslint-disable-next-line no-control-regex -- they must not be there
  expect(said.stdout + said.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(said.stdout).toContain('peerRefused reason="');
  expect(JSON.parse(said.stdout.trim().split('\n').at(-1) ?? '')).toEqual({ body: [EVIL] });
});

test('events are silent without --verbose', () => {
  const { output: out, said } = output();
  out.happened('workerRegistered', { service: 'echo' });
  expect(said).toEqual({ stdout: '', stderr: '' });
});

test('a reader who leaves is no error, a full disk is one; both end the output', async () => {
  for (const [code, remark] of [
    ['EPIPE', ''],
    ['ENOSPC', 'seaworthy test: no more output: ENOSPC: it failed\n'],
  ] as const) {
    const { output: out, said, fail } = output();
    fail(code);
    fail(code);
    out.write('lost');
    expect(await out.taken()).toBe(false);
    expect(said).toEqual({ stdout: '', stderr: remark });
  }
});

test('numbers stand to the right in a table, words to the left', () => {
  const rows = [
    ['NAME', 'N'],
    ['a', 1],
    ['bc', 100],
  ];
  expect(table(rows)).toBe('NAME    N\na       1\nbc    100');
});

test.each([
  ['tcp://127.0.0.1:5555', true],
  ['tcp://127.1.2.3:*', true],
  ['tcp://localhost:5555', true],
  ['tcp://[::1]:5555', true],
  ['tcp://lo:5555', true],
  ['ipc:///run/broker', true],
  ['inproc://broker', true],
  ['tcp://0.0.0.0:5555', false],
  ['tcp://*:5555', false],
  ['tcp://[::]:5555', false],
  ['tcp://eth0:5555', false],
  ['tcp://127.example.org:5555', false],
  ['tcp://localhost.example.org:5555', false],
])('that %s is reachable from this machine only is %s', (endpoint, local) => {
  expect(isLocal(endpoint)).toBe(local);
});

test.each([
  ['brokr', 'broker'],
  ['--heartbeat', '--heartbeat-interval'],
  ['--tiemout', '--timeout'],
  ['publish', undefined],
  ['--x', undefined],
])('for %s the nearest word is %s', (word, expected) => {
  expect(nearest(word, ['broker', 'worker', 'call', '--heartbeat-interval', '--timeout'])).toBe(expected);
});
