/** Our publisher and subscriber against PUB and SUB of another language, as processes that can be killed. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Publisher, Subscriber, TransportHandler } from '../../src/transport/transport.ts';
import { zeromqTransport } from '../../src/transport/zeromq.ts';
import { endAll, eventually, freePort, python, pythonNote, startPython, type Child } from './processes.ts';

const sockets: (Publisher | Subscriber)[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.close(0);
  await endAll();
});

async function publish(): Promise<{ readonly endpoint: string; say(...frames: string[]): void }> {
  const publisher = await zeromqTransport.publish('tcp://127.0.0.1:*');
  sockets.push(publisher);
  return {
    endpoint: publisher.endpoint,
    say: (...frames) => {
      publisher.publish(frames.map((frame) => Buffer.from(frame, 'latin1')));
    },
  };
}

/** Each message as its frames. */
function subscribe(endpoint: string): string[][] {
  const heard: string[][] = [];
  const handler: TransportHandler = {
    message: (_peer, message) => heard.push(Array.from({ length: message.frameCount }, (_, index) => message.text(index))),
    peerGone: () => undefined,
    overflow: () => undefined,
    batchEnd: () => undefined,
  };
  sockets.push(zeromqTransport.subscribe(endpoint, handler, { reconnectInterval: 20 }));
  return heard;
}

const heardBy = (child: Child): unknown[] => child.said('heard').map((line) => line['frames']);

describe.skipIf(python === undefined)(`a publisher and subscribers of another language${pythonNote}`, () => {
  test('a Python SUB hears all that our publisher says once it is there, in order; another one hears its topic only', async () => {
    const publisher = await publish();
    const all = startPython('sub', { endpoint: publisher.endpoint });
    const some = startPython('sub', { endpoint: publisher.endpoint, topic: 'odd' });
    await eventually('both hear', () => {
      publisher.say('odd', 'who is there?');
      return all.said('heard').length > 0 && some.said('heard').length > 0;
    });
    const messages = Array.from({ length: 200 }, (_, number) => [number % 2 === 0 ? 'even' : 'odd', '', String(number), '\x00\xff']);
    for (const message of messages) publisher.say(...message);
    await eventually('all of it', () =>
      [all, some].every((child) => JSON.stringify(heardBy(child).at(-1)) === JSON.stringify(messages[199])),
    );
    expect(heardBy(all).filter((frames) => (frames as string[]).length > 2)).toEqual(messages);
    expect(heardBy(some).filter((frames) => (frames as string[]).length > 2)).toEqual(messages.filter(([topic]) => topic === 'odd'));
  });

  test('our subscriber hears a Python PUB, and its successor after it was killed, each without a gap', async () => {
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const heard = subscribe(endpoint);
    for (const topic of ['first', 'second']) {
      const publisher = startPython('pub', { endpoint, topic });
      await eventually(`some of the ${topic}`, () => heard.filter(([of]) => of === topic).length >= 50);
      await publisher.kill();
    }
    for (const topic of ['first', 'second']) {
      const numbers = heard.filter(([of]) => of === topic).map((frames) => Number(frames[2]));
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => (numbers[0] as number) + index));
    }
    expect(heard.every(([, empty]) => empty === '')).toBe(true);
  });
});
