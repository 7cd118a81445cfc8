/** Scripts about connections: made late, broken, stopped, made again. */
import { numbered } from '../world.ts';
import { textOf } from './play.ts';
import type { Script } from './script.ts';

const HEARTBEAT = { interval: 50, timeout: 150 };
const SOON = { reconnectInterval: 10 };
/** Longer than any of these heartbeats needs. */
const LONG_MS = 400;

export const CONNECTIONS: readonly Script[] = [
  {
    name: 'a connector may be early: what it said before anybody listens comes first, in order',
    facts: ['F-14'],
    notices: 'both',
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, SOON);
      await worker.tellAll(numbered('early ', 100));
      await play.quiet();
      const broker = await play.listen('broker', {}, endpoint);
      await worker.tellAll(numbered('later ', 10));
      await broker.hears(110);
    },
  },
  {
    name: 'five early connectors: each one’s messages in order',
    facts: ['F-14', 'F-7'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      for (const name of numbered('worker ', 5)) await play.connect(name, endpoint, SOON).tellAll(numbered(`${name}: `, 20));
      const broker = await play.listen('broker', {}, endpoint);
      broker.expectAnyOrderOfPeers();
      await broker.hears(100);
    },
  },
  {
    name: 'a connector keeps what it queued while its listener was away',
    facts: ['F-15', 'F-13'],
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const worker = play.connect('worker', before, SOON);
      await worker.tell('to the first');
      await before.hears(1);
      await before.close();
      await worker.loses(1);
      await worker.tellAll(numbered('queued ', 50));
      await play.quiet();
      const after = await play.listen('after', {}, before.endpoint);
      await after.hears(50);
    },
  },
  {
    name: 'a connector that is told nothing keeps what it queued while its listener was away',
    facts: ['F-15', 'F-13', 'F-23'],
    notices: 'without',
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const worker = play.connect('worker', before, SOON);
      await worker.tell('to the first');
      await before.hears(1);
      await before.close();
      await play.quiet(50);
      await worker.tellAll(numbered('queued ', 50));
      const after = await play.listen('after', {}, before.endpoint);
      await after.hears(50);
    },
  },
  {
    name: 'one connector outlives five listeners, each of which hears what was said in its time',
    facts: ['F-13', 'F-15', 'F-23'],
    async play(play) {
      let broker = await play.listen('broker 0', { linger: 0 });
      const { endpoint } = broker;
      const worker = play.connect('worker', endpoint, SOON);
      for (let life = 1; life <= 5; life++) {
        await worker.tellAll(numbered(`life ${life}: `, 5));
        await broker.hears(5);
        await broker.tell('A', `from life ${life}`);
        await worker.hears(life);
        await broker.close();
        await worker.loses(life);
        broker = await play.listen(`broker ${life}`, { linger: 0 }, endpoint);
      }
    },
  },
  {
    name: 'a listener that goes in the middle of a stream: the first messages reach it, the last ones its successor, none reaches both',
    facts: ['F-13', 'F-7'],
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const worker = play.connect('worker', before, SOON);
      await worker.tell('hello');
      await before.hears(1);
      const texts = numbered('', 400);
      const { here } = before;
      await worker.tellAll(texts);
      await before.close();
      await worker.loses(1);
      const heardBefore = before.expectSome('a prefix', texts, 0, 400, here);
      const after = await play.listen('after', {}, before.endpoint);
      await worker.tell('the end');
      await after.hearsText('the end');
      const heardAfter = after.expectSome('a suffix', texts, 0, 400);
      play.note(play.within('messages heard by one or the other', heardBefore + heardAfter, 0, 400));
    },
  },
  {
    name: 'what a listener had queued for a connection that broke never reaches the next one',
    facts: ['F-15'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await broker.tellAll('A', numbered('lost ', 50));
      await play.quiet();
      line.cut();
      line.thaw();
      await broker.loses(1);
      await worker.loses(1);
      await worker.tell('back');
      await broker.hears(2);
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },
  {
    name: 'what a connector had under way on a stopped link that broke is lost, but for the last ones',
    facts: ['F-15', 'F-7'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await worker.tellAll(numbered('under way ', 50));
      await play.quiet();
      line.cut();
      line.thaw();
      await broker.loses(1);
      await worker.loses(1);
      await worker.tell('back');
      await broker.hearsText('back');
      broker.expectSome('a suffix', numbered('under way ', 50), 0, 50);
    },
  },
  {
    name: 'a connection that breaks while a connector speaks: its first messages and its last ones arrive, each once',
    facts: ['F-7', 'F-13', 'F-15'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 0 });
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, highWaterMark: 0 });
      await worker.tell('hello');
      await broker.hears(1);
      const { here } = broker;
      await worker.tellAll(numbered('', 2000));
      line.cut();
      await worker.loses(1);
      await broker.loses(1);
      await worker.tell('back');
      await broker.hearsText('back');
      broker.expectSome('a prefix and a suffix', numbered('', 2000), 0, 2000, here);
    },
  },
  {
    name: 'a connection that breaks while a listener speaks: only its first messages arrive',
    facts: ['F-7', 'F-15'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 0 });
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, highWaterMark: 0 });
      await worker.tell('hello');
      await broker.hears(1);
      await broker.tellAll('A', numbered('', 2000));
      line.cut();
      await worker.loses(1);
      await broker.loses(1);
      await worker.tell('back');
      await broker.hearsText('back');
      await broker.tell('B', 'welcome back');
      await worker.hearsText('welcome back');
      worker.expectSome('a prefix', numbered('', 2000), 0, 2000);
    },
  },
  {
    name: 'a message whose connection breaks in the middle of it does not arrive in part',
    facts: ['F-7'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      await worker.tell('hello');
      await broker.hears(1);
      const { here } = broker;
      const large = Buffer.alloc(2 ** 20, 'large');
      const frames = ['first frame', large, large, large, 'last frame'];
      await worker.tell(...frames);
      line.cut();
      await worker.loses(1);
      await broker.loses(1);
      await worker.tell('back');
      await broker.hearsText('back');
      broker.expectSome('a prefix', [textOf(frames.map((frame) => Buffer.from(frame)))], 0, 1, here);
    },
  },
  {
    name: 'what a peer had said is read, though its connection broke before anybody read it',
    facts: ['F-15', 'F-21'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.tellAll(numbered('unread ', 20));
      await play.quiet();
      line.cut();
      await worker.loses(1);
      await play.quiet();
      broker.say('resumes');
      broker.socket.resume();
      await broker.loses(1);
    },
  },
  {
    name: 'a peer that comes back is a new handle without a session, and the old one is unreachable',
    facts: ['F-26', 'F-6', 'F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      broker.onMessage = (peer) => {
        peer.session ??= `since message ${broker.messages.length}`;
      };
      for (let life = 1; life <= 4; life++) {
        await worker.tellAll(numbered(`life ${life}: `, 2));
        await broker.hears(2 * life);
        line.cut();
        await broker.loses(life);
        await worker.loses(life);
        await broker.tell('A', 'too late');
      }
      await worker.tell('last');
      await broker.hears(9);
      await broker.tell('E', 'welcome');
      await worker.hears(1);
    },
  },
  {
    name: 'the connector’s handle of its listener is the same over all connections, with its session',
    facts: ['F-23'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      worker.socket.remote.session = 'mine';
      await worker.tell('one');
      await worker.hears(1);
      line.cut();
      await worker.loses(1);
      await broker.loses(1);
      await worker.tell('two');
      await worker.hears(2);
    },
  },
  {
    name: 'of two peers one loses its connection: the other is not concerned',
    facts: ['F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const line = await play.line(broker);
      const [unlucky, lucky] = [line.connect('unlucky', SOON), play.connect('lucky', broker)];
      await unlucky.tell('unlucky');
      await unlucky.hears(1);
      await lucky.tell('lucky');
      await lucky.hears(1);
      line.cut();
      await broker.loses(1);
      await unlucky.loses(1);
      await lucky.tell('still lucky');
      await lucky.hears(2);
      await unlucky.tell('back');
      await unlucky.hears(2);
    },
  },
  {
    name: 'ten peers lose their connections at one moment, and all come back',
    facts: ['F-21', 'F-23', 'F-26'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.expectAnyOrderOfPeers();
      broker.echo();
      const line = await play.line(broker);
      const workers = numbered('worker ', 10).map((name) => line.connect(name, SOON));
      for (const worker of workers) await worker.tell(`${worker.name} comes`);
      for (const worker of workers) await worker.hears(1);
      line.cut();
      await broker.loses(10);
      for (const worker of workers) await worker.loses(1);
      for (const worker of workers) await worker.tell(`${worker.name} is back`);
      for (const worker of workers) await worker.hears(2);
    },
  },
  {
    name: 'a peer that comes back while nothing is read: what its old handle said and its end, and what the new one says, each in order',
    facts: ['F-15', 'F-21', 'F-26'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.expectAnyOrderOfPeers();
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.tellAll(numbered('before ', 10));
      await play.quiet();
      line.cut();
      await worker.loses(1);
      await worker.tellAll(numbered('after ', 10));
      await play.quiet(100);
      broker.socket.resume();
      await broker.hears(21);
      await broker.loses(1);
    },
  },
  {
    name: 'nobody is told of a broken connection: the peer is back under another handle, and the old one proves unreachable',
    facts: ['F-21', 'F-23', 'F-26', 'F-6'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      await worker.tell('hello');
      await broker.hears(1);
      line.cut();
      await play.quiet(100);
      await worker.tell('back');
      await broker.hears(2);
      await broker.tell('A', 'are you there?');
      await play.quiet();
      await broker.tell('A', 'are you there?');
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },

  // Links that stand still
  {
    name: 'a stopped link gives no notice, and delivers everything in order when it moves again',
    facts: ['F-16'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker');
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await worker.tellAll(numbered('there ', 50));
      await broker.tellAll('A', numbered('back ', 50));
      await play.quiet(LONG_MS);
      broker.say('thawed');
      worker.say('thawed');
      line.thaw();
      await broker.hears(51);
      await worker.hears(50);
    },
  },
  {
    name: 'a link that stands still again and again delivers each time what was sent meanwhile',
    facts: ['F-16', 'F-7'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const line = await play.line(broker);
      const worker = line.connect('worker');
      await worker.tell('hello');
      await worker.hears(1);
      for (let round = 1; round <= 4; round++) {
        line.freeze();
        await worker.tell(`round ${round}`);
        await play.quiet();
        worker.say('thawed');
        line.thaw();
        await worker.hears(1 + round);
      }
    },
  },
  {
    name: 'with transport heartbeats both ends notice a stopped link; what is said then arrives over the next connection',
    facts: ['F-16', 'F-15', 'F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, transportHeartbeat: HEARTBEAT });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await broker.loses(1);
      await worker.loses(1);
      await broker.tell('A', 'too late');
      await worker.tellAll(numbered('after ', 5));
      await play.quiet();
      line.thaw();
      await broker.hears(6);
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },
  {
    name: 'with transport heartbeats, replies that are under way on a stopped link are lost',
    facts: ['F-16', 'F-15'],
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, transportHeartbeat: HEARTBEAT });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await broker.tellAll('A', numbered('reply ', 50));
      await broker.loses(1);
      await worker.loses(1);
      line.thaw();
      await worker.tell('back');
      await broker.hears(2);
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },
  {
    name: 'transport heartbeats of the connector alone: it notices a stopped link, its listener only when it moves again, after what was under way',
    facts: ['F-16', 'F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, transportHeartbeat: HEARTBEAT });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await worker.tellAll(numbered('under way ', 10));
      await worker.loses(1);
      await play.quiet(LONG_MS);
      broker.say('thawed');
      line.thaw();
      await broker.loses(1);
      await worker.tell('back');
      await broker.hearsText('back');
    },
  },
  {
    name: 'transport heartbeats of the listener alone: it notices a stopped link, its peer only when it moves again, after what was under way',
    facts: ['F-16', 'F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await broker.tellAll('A', numbered('under way ', 10));
      await broker.loses(1);
      await play.quiet(LONG_MS);
      worker.say('thawed');
      line.thaw();
      await worker.loses(1);
      await worker.tell('back');
      await broker.hearsText('back');
    },
  },
  {
    name: 'transport heartbeats on a link that moves: nobody is cut off, however long nobody speaks',
    facts: ['F-16'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      broker.echo();
      const worker = play.connect('worker', broker, { transportHeartbeat: HEARTBEAT });
      await worker.tell('before');
      await worker.hears(1);
      await play.quiet(2 * LONG_MS);
      await worker.tell('after');
      await worker.hears(2);
    },
  },
  {
    name: 'transport heartbeats go on while a listener reads nothing: nobody is cut off',
    facts: ['F-16', 'F-17'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      const worker = play.connect('worker', broker, { transportHeartbeat: HEARTBEAT });
      broker.pauseAt(1);
      await worker.tell('before');
      await broker.hears(1);
      await worker.tellAll(numbered('waits ', 10));
      await play.quiet(LONG_MS);
      broker.say('resumes');
      broker.socket.resume();
      await broker.hears(11);
    },
  },
  {
    name: 'transport heartbeats do not see an event loop that is blocked: no end, and the reply comes afterwards',
    facts: ['F-17'],
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      broker.echo();
      const worker = play.connect('worker', broker, { transportHeartbeat: HEARTBEAT });
      await worker.tell('before');
      await worker.hears(1);
      worker.sendNow(worker.socket.remote, 'during');
      await play.stall(2 * LONG_MS);
      await worker.hears(2);
    },
  },
  {
    name: 'a connection that its heartbeats broke while the event loop was blocked: what is sent before that is noticed is kept',
    facts: ['F-15', 'F-17', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, transportHeartbeat: HEARTBEAT });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await play.stall(2 * LONG_MS);
      for (const text of numbered('unaware ', 20)) worker.sendNow(worker.socket.remote, text);
      await worker.loses(1);
      await broker.loses(1);
      line.thaw();
      await broker.hears(21);
    },
  },
  {
    name: 'nobody is told what transport heartbeats find on a stopped link, but the peer comes back by itself',
    facts: ['F-16', 'F-15', 'F-26'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker', { transportHeartbeat: HEARTBEAT });
      const line = await play.line(broker);
      const worker = line.connect('worker', { ...SOON, transportHeartbeat: HEARTBEAT });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await play.quiet(LONG_MS);
      await worker.tellAll(numbered('after ', 5));
      line.thaw();
      await broker.hears(6);
      await broker.tell('A', 'are you there?');
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },
  {
    name: 'a link that stood still from the start: the connector arrives when it moves, with all that it has said',
    facts: ['F-28', 'F-14'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { handshakeTimeout: 100 });
      const line = await play.line(broker);
      line.freeze();
      const worker = line.connect('worker', { ...SOON, handshakeTimeout: 100 });
      await worker.tellAll(numbered('early ', 10));
      await play.quiet(LONG_MS);
      broker.say('thawed');
      line.thaw();
      await broker.hears(10);
      await broker.tell('A', 'welcome');
      await worker.hears(1);
    },
  },
];
