import { expect, test } from 'vitest';
import { createLogger, silentLogger } from '../../src/runtime/log.ts';

function collected(): { lines: unknown[]; write(line: string): void } {
  const lines: unknown[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line)) };
}

test('a logger made without options says nothing, and says that it would', () => {
  expect(createLogger()).toBe(silentLogger);
  expect(createLogger().isLevelEnabled('error')).toBe(false);
  expect(silentLogger.child({ role: 'broker' })).toBe(silentLogger);
});

test('a logger writes one line for a message at or above its level, and none below', () => {
  const destination = collected();
  const logger = createLogger({ level: 'warn', destination });
  logger.info({}, 'worker arrived');
  logger.warn({ worker: 'w1', missed: 3 }, 'worker lost');
  expect(destination.lines).toEqual([expect.objectContaining({ name: 'seaworthy', worker: 'w1', missed: 3, msg: 'worker lost' })]);
  expect([logger.isLevelEnabled('info'), logger.isLevelEnabled('warn')]).toEqual([false, true]);
});

test('what a child logger was given is on each of its lines', () => {
  const destination = collected();
  createLogger({ level: 'info', destination }).child({ role: 'broker' }).info({ endpoint: 'x' }, 'listening');
  expect(destination.lines).toEqual([expect.objectContaining({ role: 'broker', endpoint: 'x', msg: 'listening' })]);
});
