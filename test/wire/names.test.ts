import { expect, test } from 'vitest';
import { FramesMessage } from '../../src/wire/message.ts';
import { Names } from '../../src/wire/names.ts';

const named = (name: string): FramesMessage => new FramesMessage([Buffer.from(name, 'latin1')]);

test('names that share a place are told apart, whichever came last', () => {
  const names = new Names();
  // The same length, first and last letter.
  for (const name of ['echo', 'ebbo', 'echo', 'x', '', 'ebbo', 'é', 'a much longer name of a service'])
    expect(names.in(named(name), 0)).toBe(name);
});

test('a name stays what it was when the bytes that it came in are written over', () => {
  const names = new Names();
  const bytes = Buffer.from('echo');
  names.in(new FramesMessage([bytes]), 0);
  bytes.write('ebbo');
  expect(names.in(named('echo'), 0)).toBe('echo');
  expect(names.in(named('ebbo'), 0)).toBe('ebbo');
});
