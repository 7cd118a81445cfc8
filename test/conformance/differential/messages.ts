/** Scripts about messages and peers. */
import { numbered } from '../world.ts';
import type { Script } from './script.ts';

export const MESSAGES: readonly Script[] = [
  {
    name: 'frames of every kind come as they went, and back',
    facts: ['F-7'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const worker = play.connect('worker', broker);
      await worker.tell('one');
      await worker.hears(1);
      await worker.tell('');
      await worker.hears(2);
      await worker.tell('', 'MDPC01', '', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
      await worker.hears(3);
      await worker.tell(...Array.from({ length: 40 }, (_, index) => Buffer.alloc(index, index)));
      await worker.hears(4);
    },
  },
  {
    name: 'messages keep their order and stay whole, whatever their number of frames',
    facts: ['F-7'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      for (let index = 0; index < 300; index++) worker.sendNow(worker.socket.remote, ...numbered('part ', index % 5), `${index}`);
      await broker.hears(300);
      for (let index = 0; index < 300; index++) broker.sendNow(broker.peer('A'), ...numbered('part ', index % 7), `${index}`);
      await worker.hears(300);
    },
  },
  {
    name: 'five thousand messages each way keep their order',
    facts: ['F-7', 'F-11'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 0 });
      const worker = play.connect('worker', broker, { highWaterMark: 0 });
      await worker.tellAll(numbered('there ', 5000));
      await broker.hears(5000);
      await broker.tellAll('A', numbered('back ', 5000));
      await worker.hears(5000);
    },
  },
  {
    name: 'a frame of exactly 1 MiB passes in both directions',
    facts: ['F-8'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const worker = play.connect('worker', broker);
      await worker.tell(Buffer.alloc(2 ** 20, 'seaworthy'), 'end');
      await worker.hears(1);
    },
  },
  {
    name: 'a message of 300 frames is one message',
    facts: ['F-7', 'F-10'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 1 });
      broker.echo();
      const worker = play.connect('worker', broker, { highWaterMark: 1 });
      await worker.tell(...numbered('', 300));
      await worker.hears(1);
    },
  },
  {
    name: 'no message makes a peer seem gone: not an empty one, nor one as long as the word of an end',
    facts: ['F-24'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      for (const forged of ['', '\0'.repeat(16), 'x'.repeat(16)]) await worker.tell(forged);
      await worker.tell('', '');
      await broker.hears(4);
      for (const forged of ['', '\0'.repeat(16), 'x'.repeat(16)]) await broker.tell('A', forged);
      await worker.hears(3);
      await play.quiet();
      await broker.tell('A', 'still there');
      await worker.hears(4);
    },
  },
  {
    name: 'what is passed on is the head, then the frames from the one asked for',
    facts: ['F-7'],
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      broker.onMessage = (peer, message) => {
        broker.forwardNow(peer, ['head'], message, 0);
        broker.forwardNow(peer, ['head', ''], message, 2);
        broker.forwardNow(peer, [], message, 1);
        broker.forwardNow(peer, ['nothing else'], message, 4);
      };
      await worker.tell('a', 'b', 'c', 'd');
      await worker.hears(4);
    },
  },
  {
    name: 'a reply goes to the peer that asked, and to nobody else',
    facts: ['F-6'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const workers = numbered('worker ', 4).map((name) => play.connect(name, broker));
      for (const [index, worker] of workers.entries()) {
        await worker.tell(`from ${index}`);
        await worker.hears(1);
      }
      for (const [index, worker] of workers.toReversed().entries()) {
        await worker.tell(`again, ${index}`);
        await worker.hears(2);
      }
    },
  },
  {
    name: 'a listener speaks to its peers unasked, the last one first',
    facts: ['F-6'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const first = play.connect('first', broker);
      await first.tell('first');
      await broker.hears(1);
      const second = play.connect('second', broker);
      await second.tell('second');
      await broker.hears(2);
      await broker.tell('B', 'to the second');
      await broker.tell('A', 'to the first');
      await first.hears(1);
      await second.hears(1);
    },
  },
  {
    name: 'a session stays on its handle, and each connection has its own',
    facts: ['F-26'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      broker.onMessage = (peer, message) => {
        if (message.text(0) === 'remember') peer.session = message.text(1);
      };
      const workers = [play.connect('first', broker), play.connect('second', broker)];
      for (const [index, worker] of workers.entries()) {
        await worker.tell('remember', worker.name);
        await broker.hears(index + 1);
      }
      for (const [index, worker] of workers.toReversed().entries()) {
        await worker.tell('recall');
        await broker.hears(index + 3);
      }
    },
  },
  {
    name: 'a peer that never said anything is never mentioned',
    facts: ['F-21'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const silent = play.connect('silent', broker);
      const speaking = play.connect('speaking', broker);
      await speaking.tell('hello');
      await broker.hears(1);
      await silent.close();
      await play.quiet();
      await speaking.tell('still there');
      await broker.hears(2);
    },
  },
  {
    name: 'thirty peers at once: each one in order, each reply to its own',
    facts: ['F-7', 'F-6'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.expectAnyOrderOfPeers();
      broker.echo();
      const workers = numbered('worker ', 30).map((name) => play.connect(name, broker));
      for (const worker of workers) worker.expectAnyOrderOfPeers();
      for (const text of numbered('', 10)) for (const worker of workers) worker.sendNow(worker.socket.remote, worker.name, text);
      for (const worker of workers) await worker.hears(10);
    },
  },
  {
    name: 'two listeners know nothing of each other’s peers',
    facts: ['F-26'],
    async play(play) {
      const [left, right] = [await play.listen('left'), await play.listen('right')];
      const [toLeft, toRight] = [play.connect('to the left', left), play.connect('to the right', right)];
      await toLeft.tell('left');
      await left.hears(1);
      await toRight.tell('right');
      await right.hears(1);
      await left.tell('A', 'from the left');
      await right.tell('A', 'from the right');
      await toLeft.hears(1);
      await toRight.hears(1);
    },
  },
  {
    name: 'a hundred rounds of question and answer',
    facts: ['F-7'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const client = play.connect('client', broker);
      broker.onMessage = (peer, message) => {
        broker.sendNow(peer, `answer ${message.text(0)}`);
      };
      client.onMessage = () => {
        if (client.messages.length < 100) client.sendNow(client.socket.remote, String(client.messages.length));
      };
      await client.tell('0');
      await client.hears(100);
    },
  },
  {
    name: 'a connector that speaks to two listeners through two sockets hears each on its own',
    facts: ['F-14'],
    async play(play) {
      const [left, right] = [await play.listen('left'), await play.listen('right')];
      for (const ear of [left, right]) {
        ear.onMessage = (peer, message) => {
          ear.sendNow(peer, `${ear.name} heard ${message.text(0)}`);
        };
      }
      const both = [play.connect('one', left), play.connect('other', right)];
      for (const ear of both) await ear.tellAll(numbered('', 20));
      for (const ear of both) {
        ear.expectAnyOrderOfPeers();
        await ear.hears(20);
      }
      for (const ear of [left, right]) ear.expectAnyOrderOfPeers();
    },
  },
];
