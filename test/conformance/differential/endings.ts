/** Scripts about limits, departures, closing, and endpoints. */
import { numbered } from '../world.ts';
import type { Script } from './script.ts';

const SOON = { reconnectInterval: 10 };
const LONG = 60_000;

export const ENDINGS: readonly Script[] = [
  // Limits
  {
    name: 'the limit is for frames: three of 900 bytes pass where 1000 is the most, and one of 1000',
    facts: ['F-8'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker);
      await worker.tell('x'.repeat(900), 'y'.repeat(900), 'z'.repeat(900));
      await worker.tell('x'.repeat(1000));
      await broker.hears(2);
    },
  },
  {
    name: 'a frame over the limit ends its sender’s connection; the sender comes back as another, with what it says later',
    facts: ['F-8', 'F-26', 'F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker, SOON);
      await worker.tell('before');
      await broker.hears(1);
      await worker.tell('x'.repeat(1001));
      await broker.loses(1);
      await worker.loses(1);
      await worker.tellAll(numbered('later ', 3));
      await broker.hears(4);
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },
  {
    name: 'nobody is told that a frame was over the limit, but its sender is another from then on',
    facts: ['F-8', 'F-26'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker, SOON);
      await worker.tell('before');
      await broker.hears(1);
      await worker.tell('x'.repeat(1001));
      await play.quiet(100);
      await worker.tell('later');
      await broker.hears(2);
      await broker.tell('A', 'are you there?');
      await play.quiet();
    },
  },
  {
    name: 'of a message with one frame over the limit nothing arrives',
    facts: ['F-8', 'F-7'],
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker, SOON);
      await worker.tell('before');
      await broker.hears(1);
      await worker.tell('small', 'x'.repeat(1001), 'small');
      await broker.loses(1);
      await worker.loses(1);
      await worker.tell('later');
      await broker.hears(2);
    },
  },
  {
    name: 'what follows a frame over the limit is lost, but for the last ones',
    facts: ['F-8', 'F-15'],
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker, SOON);
      await worker.tell('before');
      await broker.hears(1);
      worker.sendNow(worker.socket.remote, 'x'.repeat(1001));
      await worker.tellAll(numbered('behind it ', 100));
      await broker.loses(1);
      await worker.loses(1);
      await worker.tell('later');
      await broker.hearsText('later');
      broker.expectSome('a suffix', numbered('behind it ', 100), 0, 100);
    },
  },
  {
    name: 'a peer that goes over the limit concerns no other peer',
    facts: ['F-8'],
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      broker.echo();
      const [bad, good] = [play.connect('bad', broker, SOON), play.connect('good', broker)];
      await bad.tell('bad');
      await bad.hears(1);
      await good.tell('good');
      await good.hears(1);
      await bad.tell('x'.repeat(2000));
      await broker.loses(1);
      await bad.loses(1);
      await good.tell('still good');
      await good.hears(2);
    },
  },
  {
    name: 'the first frame that a listener ever hears of a peer is over the limit: the peer is never mentioned',
    facts: ['F-8', 'F-21'],
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker, SOON);
      await worker.tell('x'.repeat(1001));
      await worker.loses(1);
      await worker.tell('within the limit');
      await broker.hears(1);
    },
  },
  {
    name: 'unless told otherwise, a listener takes frames of up to 1 MiB, a connector larger ones',
    facts: ['F-8', 'F-9'],
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker, SOON);
      await worker.tell('hello');
      await broker.hears(1);
      await broker.tell('A', Buffer.alloc(3 * 2 ** 20, 'large'));
      await worker.hears(1);
      await worker.tell(Buffer.alloc(2 ** 20 + 1, 'large'));
      await broker.loses(1);
      await worker.loses(1);
    },
  },
  {
    name: 'a connector that is sent a frame over its limit is cut off for good',
    facts: ['F-9', 'F-21', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker, { maxFrameBytes: 1000, ...SOON });
      await worker.tell('hello');
      await broker.hears(1);
      await broker.tell('A', 'within the limit');
      await worker.hears(1);
      await broker.tell('A', 'x'.repeat(1001));
      await broker.loses(1);
      await worker.loses(1);
      await play.quiet();
      await worker.tell('still there?');
      await broker.tell('A', 'still there?');
      await play.quiet(100);
      await worker.tell('still there?');
    },
  },
  {
    name: 'a connector that was cut off for good is not told so, but its sends are refused',
    facts: ['F-9'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker, { maxFrameBytes: 1000, ...SOON });
      await worker.tell('hello');
      await broker.hears(1);
      await broker.tell('A', 'x'.repeat(1001));
      await play.quiet(100);
      await worker.tell('still there?');
      await broker.tell('A', 'still there?');
      await play.quiet();
    },
  },
  {
    name: 'a socket that replaces one that was cut off for good is served',
    facts: ['F-9'],
    async play(play) {
      const broker = await play.listen('broker');
      const first = play.connect('first', broker, { maxFrameBytes: 1000, ...SOON });
      await first.tell('hello');
      await broker.hears(1);
      await broker.tell('A', 'x'.repeat(1001));
      await first.loses(1);
      await broker.loses(1);
      await first.close();
      const second = play.connect('second', broker, { maxFrameBytes: 1000, ...SOON });
      await second.tell('hello again');
      await broker.hears(2);
      await broker.tell('B', 'welcome');
      await second.hears(1);
    },
  },

  {
    name: 'a frame over the limit ends its sender’s connection also while nothing is read; what came before is heard then',
    facts: ['F-8', 'F-15', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { maxFrameBytes: 1000 });
      const worker = play.connect('worker', broker, SOON);
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.tellAll(numbered('within the limit ', 5));
      await worker.tell('x'.repeat(1001));
      await worker.loses(1);
      await play.quiet();
      broker.say('resumes');
      broker.socket.resume();
      await broker.loses(1);
    },
  },
  // Departures
  {
    name: 'a listener hears that a peer closed, and of no other',
    facts: ['F-21'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const [leaving, staying] = [play.connect('leaving', broker), play.connect('staying', broker)];
      await leaving.tell('leaving');
      await leaving.hears(1);
      await staying.tell('staying');
      await staying.hears(1);
      await leaving.close();
      await broker.loses(1);
      await staying.tell('still here');
      await staying.hears(2);
    },
  },
  {
    name: 'a listener without notices hears nothing of a peer that closed until it sends to it',
    facts: ['F-21', 'F-6'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.close();
      await play.quiet(50);
      broker.say('sends');
      await broker.tell('A', 'are you there?');
      await play.quiet();
      await broker.tell('A', 'are you there?');
    },
  },
  {
    name: 'all that a peer said before it left is heard before its end',
    facts: ['F-21', 'F-19'],
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker, { linger: LONG });
      await worker.tellAll(numbered('last words ', 500));
      await worker.close();
      await broker.loses(1);
    },
  },
  {
    name: 'a listener that reads late finds first what a peer said, then its end, though sends to it fail meanwhile',
    facts: ['F-6', 'F-21'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.expectEitherReason();
      const worker = play.connect('worker', broker, { linger: LONG });
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.tellAll(numbered('last words ', 20));
      await worker.close();
      await play.quiet(50);
      await broker.tell('A', 'are you there?');
      await broker.tell('A', 'are you there?');
      broker.say('resumes');
      broker.socket.resume();
      await broker.loses(1);
    },
  },
  {
    name: 'a listener without notices that reads late finds first what a peer said, then its end if it has sent to it',
    facts: ['F-6', 'F-21'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker, { linger: LONG });
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.tellAll(numbered('last words ', 20));
      await worker.close();
      await play.quiet(50);
      await broker.tell('A', 'are you there?');
      broker.say('resumes');
      broker.socket.resume();
      await broker.hears(21);
      await play.quiet();
      await broker.tell('A', 'are you there?');
    },
  },
  {
    name: 'a send to a handle that is gone is unreachable, also from within the word of it',
    facts: ['F-6', 'F-21'],
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      broker.onPeerGone = (peer) => {
        broker.sendNow(peer, 'too late');
      };
      await worker.tell('hello');
      await broker.hears(1);
      await worker.close();
      await broker.loses(1);
      await broker.tell('A', 'too late');
    },
  },
  {
    name: 'a send to a peer whose end waits to be read is unreachable, and the end is told once',
    facts: ['F-6'],
    async play(play) {
      const broker = await play.listen('broker');
      broker.expectEitherReason();
      const worker = play.connect('worker', broker);
      broker.pauseAt(1);
      await worker.tell('hello');
      await broker.hears(1);
      await worker.close();
      await play.quiet(50);
      await broker.tell('A', 'are you there?');
      broker.socket.resume();
      await broker.loses(1);
      await play.quiet();
      await broker.tell('A', 'are you there?');
    },
  },
  {
    name: 'a listener that closes is missed by all its peers, who wait for the next one',
    facts: ['F-23', 'F-15'],
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const workers = numbered('worker ', 5).map((name) => play.connect(name, before, SOON));
      for (const [index, worker] of workers.entries()) {
        await worker.tell('hello');
        await before.hears(index + 1);
      }
      await before.close();
      for (const worker of workers) await worker.loses(1);
      for (const worker of workers) await worker.tell(`${worker.name} waits`);
      const after = await play.listen('after', {}, before.endpoint);
      after.expectAnyOrderOfPeers();
      await after.hears(5);
    },
  },
  {
    name: 'a connector that is told nothing of its listener’s end sends to the next one',
    facts: ['F-23', 'F-15'],
    notices: 'without',
    async play(play) {
      const before = await play.listen('before', { linger: 0 });
      const worker = play.connect('worker', before, SOON);
      await worker.tell('hello');
      await before.hears(1);
      await before.close();
      await play.quiet(50);
      const after = await play.listen('after', {}, before.endpoint);
      await play.quiet(100);
      await worker.tell('hello again');
      await after.hears(1);
      await after.tell('A', 'welcome');
      await worker.hears(1);
    },
  },
  {
    name: 'without notices a released handle is forgotten, and its peer is another when it speaks again',
    facts: ['F-26', 'F-6'],
    notices: 'without',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      await worker.tell('first');
      await broker.hears(1);
      broker.socket.release(broker.peer('A'));
      await broker.tell('A', 'too late');
      await worker.tell('second');
      await broker.hears(2);
      await broker.tell('B', 'welcome back');
      await worker.hears(1);
    },
  },
  {
    name: 'with notices a released handle is kept until its peer goes',
    facts: ['F-26'],
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      await worker.tell('first');
      await broker.hears(1);
      broker.socket.release(broker.peer('A'));
      await worker.tell('second');
      await broker.hears(2);
      await broker.tell('A', 'still you');
      await worker.hears(1);
      await worker.close();
      await broker.loses(1);
    },
  },

  // Closing
  {
    name: 'closing with linger 0 before anybody listens leaves nothing behind',
    facts: ['F-19'],
    notices: 'both',
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { linger: 0, ...SOON });
      await worker.tell('never delivered');
      await worker.close();
      await play.quiet();
      await play.listen('broker', {}, endpoint);
      await play.quiet(100);
    },
  },
  {
    name: 'what was said right before closing is delivered within the linger time, even to a listener that comes later',
    facts: ['F-19', 'F-14'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { linger: LONG, ...SOON });
      await worker.tellAll(numbered('last words ', 20));
      await worker.close();
      await play.quiet();
      const broker = await play.listen('broker', {}, endpoint);
      await broker.hears(20);
      await broker.loses(1);
    },
  },
  {
    name: 'a linger time that passes before anybody listens leaves nothing behind',
    facts: ['F-19'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const worker = play.connect('worker', endpoint, { linger: 50, ...SOON });
      await worker.tell('never delivered');
      await worker.close();
      await play.quiet(200);
      await play.listen('broker', {}, endpoint);
      await play.quiet(100);
    },
  },
  {
    name: 'the linger time given to close replaces the one given before',
    facts: ['F-19'],
    async play(play) {
      const endpoint = await play.emptyEndpoint();
      const hasty = play.connect('hasty', endpoint, { linger: LONG, ...SOON });
      await hasty.tell('never delivered');
      await hasty.close(0);
      await play.quiet();
      const patient = play.connect('patient', endpoint, { linger: 0, ...SOON });
      await patient.tell('delivered');
      await patient.close(LONG);
      const broker = await play.listen('broker', {}, endpoint);
      await broker.hears(1);
      await broker.loses(1);
    },
  },
  {
    name: 'a connector that is closed while its connection is broken makes another one within its linger time, for what is left to say',
    facts: ['F-19', 'F-15'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', { linger: LONG, reconnectInterval: 300 });
      await worker.tell('hello');
      await broker.hears(1);
      line.cut();
      await worker.loses(1);
      await broker.loses(1);
      line.freeze();
      await worker.tellAll(numbered('last words ', 10));
      await worker.close();
      await play.quiet();
      line.thaw();
      await broker.hears(11);
      await broker.loses(2);
    },
  },
  {
    name: 'a connector that closes with linger 0 in the middle of a stream: the first messages arrive, then its end',
    facts: ['F-19', 'F-7', 'F-21'],
    async play(play) {
      const broker = await play.listen('broker', { highWaterMark: 0 });
      const worker = play.connect('worker', broker, { highWaterMark: 0, linger: 0 });
      await worker.tell('hello');
      await broker.hears(1);
      const { here } = broker;
      for (const text of numbered('', 1000)) worker.sendNow(worker.socket.remote, text);
      await worker.close();
      await broker.loses(1);
      broker.expectSome('a prefix', numbered('', 1000), 0, 1000, here);
    },
  },
  {
    name: 'a listener delivers its last replies within the linger time',
    facts: ['F-19', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { linger: LONG });
      const worker = play.connect('worker', broker);
      await worker.tell('question');
      await broker.hears(1);
      for (const text of numbered('answer ', 20)) broker.sendNow(broker.peer('A'), text);
      await broker.close();
      await worker.loses(1);
    },
  },
  {
    name: 'a listener that closes with linger 0: the first of its last replies arrive, then its end',
    facts: ['F-19', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { linger: 0, highWaterMark: 0 });
      const worker = play.connect('worker', broker, { highWaterMark: 0 });
      await worker.tell('question');
      await broker.hears(1);
      for (const text of numbered('', 1000)) broker.sendNow(broker.peer('A'), text);
      await broker.close();
      await worker.loses(1);
      worker.expectSome('a prefix', numbered('', 1000), 0, 1000);
    },
  },
  {
    name: 'a connector closed within its own handler hears nothing more',
    facts: ['F-20'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      worker.onMessage = () => {
        if (worker.messages.length === 3) worker.closeNow();
      };
      await worker.tell('hello');
      await broker.hears(1);
      for (const text of numbered('', 50)) broker.sendNow(broker.peer('A'), text);
      await worker.hears(3);
      await play.quiet();
    },
  },
  {
    name: 'a listener closed within its own handler, right after an answer: the answer arrives, nothing more is heard',
    facts: ['F-20', 'F-19'],
    async play(play) {
      const broker = await play.listen('broker', { linger: LONG });
      broker.onMessage = (peer) => {
        broker.sendNow(peer, 'closing time');
        broker.closeNow();
      };
      const worker = play.connect('worker', broker);
      await worker.tellAll(numbered('', 10));
      await worker.hears(1);
      await worker.loses(1);
    },
  },
  {
    name: 'a connector closed within the word of its connection’s end does not come back',
    facts: ['F-20', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      worker.onPeerGone = () => {
        worker.closeNow();
      };
      await worker.tell('hello');
      await broker.hears(1);
      line.cut();
      await worker.loses(1);
      await broker.loses(1);
      await play.quiet(100);
    },
  },
  {
    name: 'close may be called again and again, and a send on a closed socket is unreachable',
    facts: ['F-20'],
    notices: 'both',
    async play(play) {
      const broker = await play.listen('broker');
      const worker = play.connect('worker', broker);
      await worker.tell('hello');
      await broker.hears(1);
      for (const ear of [broker, worker]) {
        ear.closeNow();
        ear.closeNow();
      }
      await worker.tell('too late');
      await broker.tell('A', 'too late');
      await play.quiet();
    },
  },

  {
    name: 'what was said on a stopped link before closing arrives when it moves again, within the linger time',
    facts: ['F-19', 'F-16'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', { linger: LONG, ...SOON });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await worker.tellAll(numbered('last words ', 10));
      await worker.close();
      await play.quiet(50);
      broker.say('thawed');
      line.thaw();
      await broker.loses(1);
    },
  },
  {
    name: 'a connector closed with linger 0 on a stopped link: when it moves again, the first of its messages arrive, then its end',
    facts: ['F-19', 'F-16'],
    async play(play) {
      const broker = await play.listen('broker');
      const line = await play.line(broker);
      const worker = line.connect('worker', SOON);
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await worker.tellAll(numbered('last words ', 10));
      await play.quiet();
      await worker.close(0);
      await play.quiet(50);
      broker.say('thawed');
      const { here } = broker;
      line.thaw();
      await broker.loses(1);
      broker.expectSome('a prefix', numbered('last words ', 10), 0, 10, here);
    },
  },
  {
    name: 'a listener whose linger time passes on a stopped link: when it moves again, the first of its messages arrive, then its end',
    facts: ['F-19', 'F-16', 'F-23'],
    async play(play) {
      const broker = await play.listen('broker', { linger: 50 });
      const line = await play.line(broker);
      const worker = line.connect('worker', { reconnectInterval: LONG });
      await worker.tell('hello');
      await broker.hears(1);
      line.freeze();
      await broker.tellAll('A', numbered('last words ', 10));
      await broker.close();
      await play.quiet(200);
      worker.say('thawed');
      const { here } = worker;
      line.thaw();
      await worker.loses(1);
      worker.expectSome('a prefix', numbered('last words ', 10), 0, 10, here);
    },
  },
  // Endpoints
  {
    name: 'two listeners anywhere are at two places, each of which can be connected to',
    facts: [],
    async play(play) {
      const [left, right] = [await play.listen('left'), await play.listen('right')];
      play.note(`two places: ${left.endpoint !== right.endpoint}`);
      await play.connect('to the left', left).tell('left');
      await play.connect('to the right', right).tell('right');
      await left.hears(1);
      await right.hears(1);
    },
  },
  {
    name: 'an endpoint that is taken is refused, and its listener not disturbed',
    facts: [],
    async play(play) {
      const broker = await play.listen('broker');
      broker.echo();
      const before = play.connect('before', broker);
      await before.tell('before');
      await before.hears(1);
      await play.tryTo('listening where somebody listens', () => play.listen('intruder', {}, broker.endpoint));
      await before.tell('still here');
      await before.hears(2);
      const after = play.connect('after', broker);
      await after.tell('after');
      await after.hears(1);
    },
  },
  {
    name: 'an endpoint can be listened on again as soon as its listener is closed',
    facts: [],
    async play(play) {
      let broker = await play.listen('broker 0', { linger: 0 });
      const { endpoint } = broker;
      for (let round = 1; round <= 3; round++) {
        await broker.close();
        broker = await play.listen(`broker ${round}`, { linger: 0 }, endpoint);
        play.note(`the same place: ${broker.endpoint === endpoint}`);
        const worker = play.connect(`worker ${round}`, endpoint);
        await worker.tell(`${round}`);
        await broker.hears(1);
        await worker.close();
        await broker.loses(1);
      }
    },
  },
  {
    name: 'text that is no endpoint is refused, when listening and when connecting',
    facts: [],
    async play(play) {
      for (const endpoint of ['', 'nonsense', '127.0.0.1:5555', '://', 'tcp://']) {
        await play.tryTo(`listening at "${endpoint}"`, () => play.listen('nobody', {}, endpoint));
        await play.tryTo(`connecting to "${endpoint}"`, () => play.connect('nobody', endpoint));
      }
      await play.tryTo('connecting to anywhere', () => play.connect('nobody', 'tcp://127.0.0.1:*'));
    },
  },
];
