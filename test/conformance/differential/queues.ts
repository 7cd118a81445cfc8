/** Scripts about queues: high-water marks, full peers, pauses, fairness. */
import { numbered } from '../world.ts';
import type { Script } from './script.ts';

/** More of the large messages than any operating system holds between two sockets of these marks. */
const PLENTY = 120;

export const QUEUES: readonly Script[] = [
  {
    name: 'before anybody listens, exactly as many are taken as the high-water mark says',
    facts: ['F-11', 'F-14', 'F-27'],
    notices: 'both',
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { highWaterMark: 20, reconnectInterval: 10 });
      await worker.tellAll(numbered('', 30));
      const broker = await play.listen('broker', {}, endpoint);
      await broker.hears(20);
    },
  },
  {
    name: 'the high-water mark is 1000 unless another is given',
    facts: ['F-11'],
    async play(play) {
      const worker = play.connect('worker', await play.emptyEndpoint());
      await worker.tellAll(numbered('', 1010));
    },
  },
  {
    name: 'a high-water mark of 1 takes one',
    facts: ['F-11'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { highWaterMark: 1, reconnectInterval: 10 });
      await worker.tellAll(numbered('', 3));
      const broker = await play.listen('broker', {}, endpoint);
      await broker.hears(1);
      await play.quiet();
      await worker.tell('another');
      await broker.hears(2);
    },
  },
  {
    name: 'a high-water mark of 0 takes all',
    facts: ['F-11'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { highWaterMark: 0, reconnectInterval: 10 });
      await worker.tellAll(numbered('', 3000));
      const broker = await play.listen('broker', { highWaterMark: 0 }, endpoint);
      await broker.hears(3000);
    },
  },
  {
    name: 'the high-water mark counts messages, not frames',
    facts: ['F-10', 'F-11'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { highWaterMark: 5, reconnectInterval: 10 });
      for (const text of numbered('', 8)) await worker.tell(...numbered('frame ', 50), text);
      const broker = await play.listen('broker', { highWaterMark: 5 }, endpoint);
      await broker.hears(5);
    },
  },
  {
    name: 'a queue that was full takes again when it has been emptied',
    facts: ['F-11'],
    notices: 'both',
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { highWaterMark: 10, reconnectInterval: 10 });
      await worker.tellAll(numbered('early ', 12));
      const broker = await play.listen('broker', {}, endpoint);
      await broker.hears(10);
      await play.quiet();
      await worker.tell('later');
      await broker.hears(11);
    },
  },
  {
    name: 'room is counted in halves of the high-water mark: what went since the last half still takes its place when the listener goes',
    facts: ['F-11', 'F-15'],
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const worker = play.connect('worker', before, { highWaterMark: 20, reconnectInterval: 10 });
      await worker.tellAll(numbered('to the first ', 3));
      await before.hears(3);
      await play.quiet();
      await before.close();
      await worker.loses(1);
      await worker.tellAll(numbered('', 25));
      const after = await play.listen('after', {}, before.endpoint);
      await after.hears(17);
    },
  },
  {
    name: 'room is counted in halves of the high-water mark: a half that went is free',
    facts: ['F-11', 'F-15'],
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const worker = play.connect('worker', before, { highWaterMark: 21, reconnectInterval: 10 });
      await worker.tellAll(numbered('to the first ', 15));
      await before.hears(15);
      await play.quiet();
      await before.close();
      await worker.loses(1);
      await worker.tellAll(numbered('', 25));
      const after = await play.listen('after', {}, before.endpoint);
      await after.hears(17);
    },
  },
  {
    name: 'a peer on a stopped link: the listener’s messages are delivered later or refused, without a gap',
    facts: ['F-5', 'F-6', 'F-11'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 5 });
      const line = await play.line(broker);
      const worker = line.connect('worker', { highWaterMark: 5 });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      const taken = await broker.fill(broker.peer('A'), 'reply ', 3, PLENTY);
      line.thaw();
      await worker.hears(taken);
      await play.quiet();
      worker.expectFilling('reply ', taken, 3, PLENTY);
    },
  },
  {
    name: 'a listener on a stopped link: the connector’s messages are delivered later or refused, without a gap',
    facts: ['F-6', 'F-11', 'F-27'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 5 });
      const line = await play.line(broker);
      const worker = line.connect('worker', { highWaterMark: 5 });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      const taken = await worker.fill(worker.socket.remote, 'request ', 3, PLENTY);
      line.thaw();
      await broker.hears(1 + taken);
      await play.quiet();
      broker.expectFilling('request ', taken, 3, PLENTY);
      await worker.tell('afterwards');
      await broker.hearsText('afterwards');
    },
  },
  {
    name: 'a listener that pauses: its peer’s messages are taken up to both high-water marks at least, then refused; all come when it resumes',
    facts: ['F-11', 'F-27'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 6 });
      const worker = play.connect('worker', broker, { highWaterMark: 4 });
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      const taken = await worker.fill(worker.socket.remote, 'request ', 9, PLENTY);
      broker.socket.resume();
      await broker.hears(1 + taken);
      await play.quiet();
      broker.expectFilling('request ', taken, 9, PLENTY);
    },
  },
  {
    name: 'a full writer need not take more when one of many was read, but does when all were',
    facts: ['F-11'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 8 });
      const worker = play.connect('worker', broker, { highWaterMark: 8 });
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      const taken = await worker.fill(worker.socket.remote, 'request ', 10, PLENTY);
      broker.pauseAt(2);
      broker.socket.resume();
      await broker.hears(2);
      await play.quiet();
      const early = await worker.fill(worker.socket.remote, 'perhaps too early ', 0, PLENTY);
      broker.onMessage = () => undefined;
      broker.socket.resume();
      await broker.hears(1 + taken + early);
      await play.quiet();
      broker.expectFilling('request ', taken, 10, PLENTY);
      broker.expectFilling('perhaps too early ', early, 0, PLENTY);
      await worker.tell('in time');
      await broker.hearsText('in time');
    },
  },
  {
    name: 'a peer that takes nothing does not hold up another',
    facts: ['F-6'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 3 });
      const line = await play.line(broker);
      const stopped = line.connect('stopped', { highWaterMark: 3 });
      await stopped.tell('stopped');
      await broker.hears(1);
      const other = play.connect('other', broker);
      await other.tell('other');
      await broker.hears(2);
      line.freeze();
      await broker.fill(broker.peer('A'), 'to the stopped ', 2, PLENTY);
      for (const text of numbered('to the other ', 50)) {
        await broker.tell('B', text);
        await other.hearsText(text);
      }
      await broker.tell('A', 'still full');
    },
  },
  {
    name: 'a listener that pauses within its handler takes nothing more until it resumes, and all of it comes then',
    facts: ['F-7', 'F-11'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      broker.pauseAt(10);
      const worker = play.connect('worker', broker);
      await worker.tellAll(numbered('', 50));
      await broker.hears(10);
      await play.quiet();
      broker.say('paused');
      await broker.tell('A', 'wait');
      await worker.hears(1);
      broker.socket.resume();
      await broker.hears(50);
    },
  },
  {
    name: 'pause and resume may be called twice, and resume within the handler goes on at once',
    facts: ['F-7'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.onMessage = () => {
        broker.socket.pause();
        broker.socket.pause();
        if (broker.messages.length !== 3) broker.socket.resume();
      };
      const worker = play.connect('worker', broker);
      await worker.tellAll(numbered('', 6));
      await broker.hears(3);
      await play.quiet();
      broker.say('paused');
      broker.socket.resume();
      broker.socket.resume();
      await broker.hears(6);
    },
  },
  {
    name: 'a listener that pauses can be closed, and resuming it then does nothing',
    facts: ['F-20'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.pauseAt(1);
      const worker = play.connect('worker', broker);
      await worker.tellAll(['first', 'second']);
      await broker.hears(1);
      await broker.close(0);
      broker.socket.resume();
      await worker.loses(1);
    },
  },
  {
    name: 'what waits from two peers is read in turns',
    facts: ['F-7'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const [left, right] = [play.connect('left', broker), play.connect('right', broker)];
      await left.tell('left');
      await broker.hears(1);
      broker.pauseAt(2);
      await right.tell('right');
      await broker.hears(2);
      await left.tellAll(numbered('left ', 50));
      await right.tellAll(numbered('right ', 50));
      await play.quiet();
      broker.onMessage = () => undefined;
      broker.socket.resume();
      await broker.hears(102);
      broker.expectSome('turns', [...numbered('left ', 50), ...numbered('right ', 50)], 100, 100, 2);
    },
  },
  {
    name: 'a peer with one message does not wait for all that another has sent before',
    facts: ['F-7'],
    async play(play) {
      const broker = await play.listen('broker');
      const [many, few] = [play.connect('many', broker), play.connect('few', broker)];
      await many.tell('many');
      await broker.hears(1);
      broker.pauseAt(2);
      await few.tell('few');
      await broker.hears(2);
      await many.tellAll(numbered('many ', 200));
      await play.quiet();
      await few.tell('the one');
      await play.quiet();
      broker.onMessage = () => undefined;
      broker.socket.resume();
      await broker.hears(203);
      const place = broker.texts.indexOf('the one') - 2;
      broker.expectSome('a prefix', numbered('many ', 200), 200, 200, 2);
      broker.say(play.within('messages that were read before the one', place, 0, 1));
    },
  },
  {
    name: 'what was refused is gone: the messages around it close up',
    facts: ['F-6', 'F-27'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { highWaterMark: 2, reconnectInterval: 10 });
      await worker.tellAll(['taken 0', 'taken 1', 'refused']);
      const broker = await play.listen('broker', {}, endpoint);
      await broker.hears(2);
      await play.quiet();
      await worker.tell('taken 2');
      await broker.hears(3);
    },
  },
];
