/** The check that rows are complete must be able to fail. */
import { expect, test } from 'vitest';
import { door } from '../core/door.ts';
import { Rows } from './rows.ts';

const rows = new Rows(door, { strength: 5, lockAfter: 100 });
const closed = { kind: 'closed', knocks: 0 } as const;

rows.moves('a knock is counted', closed, { kind: 'KNOCK' }, { kind: 'closed', knocks: 1 }, []);
rows.moves('a strong push opens', closed, { kind: 'PUSH', force: 9 }, { kind: 'open' }, [
  ['creak', 'loudly'],
  ['arm', 'draught', 50],
  ['disarm', 'autoLock'],
]);
rows.refuses('a push that is neither strong nor gentle', closed, { kind: 'PUSH', force: 3 }, 'neither in nor out');
rows.never('a locked door is not closed', { kind: 'locked' }, { kind: 'close' }, 'who locks has closed');
rows.stays('no door, no knock', { kind: 'gone' }, { kind: 'KNOCK' }, 'no door');

test('what no row has taken is named: arrows, answers and what must never happen', () => {
  expect(rows.missing()).toEqual([
    'open → closed: close / swingShut',
    'open → gone: remove / takeOff',
    'open → closed: draught / swingShut',
    'closed → closed: PUSH [isGentle] / rattle',
    'closed → gone: remove / takeOff',
    'closed → locked: autoLock / lock',
    'locked → gone: remove / takeOff',
    'open × KNOCK: ignore (nothing to knock on)',
    'open × PUSH: ignore (nothing to knock on)',
    'closed × close: ignore (idempotent)',
    'locked × KNOCK: refuse (nobody is at home | go away)',
    'locked × PUSH: refuse (burglar)',
    'locked × autoLock: ignore (locked already)',
    'gone × PUSH: ignore (no door)',
    'gone × remove: ignore (no door)',
    'gone × close: never',
  ]);
});
