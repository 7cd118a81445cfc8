/**
 * The contract of the transport port as scripts: the same ones run on every transport. The marks F-… name facts about ZeroMQ
 * that the roles build on, as libzmq shows them; a transport that behaves otherwise would make every test above it a tale.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { BindFailed, InvalidEndpoint, type LivenessLayers, type Peer } from '../../src/transport/transport.ts';
import { FramesMessage, type Message } from '../../src/wire/message.ts';
import { uncaughtDuring } from '../support/uncaught.ts';
import { framesOfMessage, numbered, until, World, type Ground } from './world.ts';

interface Script {
  readonly name: string;
  /** Which layers it is about; skipped where the transport says that it lacks one. */
  readonly needs?: readonly (keyof LivenessLayers)[];
  readonly play: (world: World) => Promise<void>;
}

const HEARTBEAT = { interval: 50, timeout: 150 };

export function conform(ground: Ground): void {
  describe(`the ${ground.name} transport conforms`, () => {
    let world = new World(ground);

    afterEach(async () => {
      const ended = world;
      world = new World(ground);
      await ended.end();
    });

    test.for([...SCRIPTS, ...PUBLISHING].map((script) => [script.name, script] as const))('%s', async ([, script], { skip }) => {
      await conformWith(script, world, skip);
    });
  });
}

async function conformWith(script: Script, world: World, skip: (why: string) => void): Promise<void> {
  for (const layer of script.needs ?? []) if (!(await layersOf(world))[layer]) skip(`this transport has no ${layer}`);
  await script.play(world);
}

async function layersOf(world: World): Promise<LivenessLayers> {
  const { socket } = await world.listen({ transportHeartbeat: HEARTBEAT });
  return socket.layers;
}

/** Answers every message with its own frames. */
function echo(listener: Awaited<ReturnType<World['listen']>>): void {
  listener.heard.onMessage = (peer, message) => void listener.socket.send(peer, [], message);
}

const SCRIPTS: readonly Script[] = [
  // Messages
  {
    name: 'a message arrives with its frames: one or many, text, binary and empty',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const messages = [
        [Buffer.from('one')],
        [Buffer.alloc(0)],
        [Buffer.alloc(0), Buffer.from('MDPC01'), Buffer.alloc(0), everyByte],
        Array.from({ length: 40 }, (_, index) => Buffer.alloc(index, index)),
      ];
      echo(listener);
      for (const frames of messages) expect(connector.socket.send(connector.socket.remote, frames)).toBe('ok');
      await until('all echoes', () => connector.heard.messages.length === messages.length);
      expect(listener.heard.messages.map((message) => message.frames)).toEqual(messages);
      expect(connector.heard.messages.map((message) => message.frames)).toEqual(messages);
    },
  },
  {
    name: 'a frame of 1 MiB passes unchanged in both directions',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      const large = Buffer.alloc(2 ** 20, 'seaworthy');
      echo(listener);
      connector.socket.send(connector.socket.remote, [large, Buffer.from('end')]);
      await until('the echo', () => connector.heard.messages.length === 1);
      const [frame, end] = connector.heard.messages[0]?.frames ?? [];
      expect(frame?.equals(large)).toBe(true);
      expect(end?.toString()).toBe('end');
    },
  },
  {
    name: 'what is sent is the head, then the tail from the index asked for',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      const { remote } = connector.socket;
      const tail = new FramesMessage(
        ['skipped', 'a', 'b', 'c'].map((text) => Buffer.from(text)),
        1,
      );
      connector.socket.send(remote, [Buffer.from('head')], tail);
      connector.socket.send(remote, [Buffer.from('head')], tail, 2);
      connector.socket.send(remote, [], tail, 1);
      connector.socket.send(remote, [Buffer.from('head')], tail, 3);
      await until('four messages', () => listener.heard.messages.length === 4);
      expect(listener.heard.texts).toEqual(['head|a|b|c', 'head|c', 'b|c', 'head']);
    },
  },
  {
    name: 'the array that held the head may be used again at once',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      const head: Buffer[] = [];
      for (const text of numbered('message ', 50)) {
        head.length = 0;
        head.push(Buffer.from(text), Buffer.from('second'));
        connector.socket.send(connector.socket.remote, head);
      }
      head.length = 0;
      await until('all messages', () => listener.heard.messages.length === 50);
      expect(listener.heard.texts).toEqual(numbered('message ', 50).map((text) => `${text}|second`));
    },
  },
  {
    name: 'a packed message can be sent on as a tail',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      const packed = new FramesMessage(['address', '', 'body', 'more'].map((text) => Buffer.from(text))).pack(1);
      connector.socket.send(connector.socket.remote, [Buffer.from('head')], packed, 1);
      await until('the message', () => listener.heard.messages.length === 1);
      expect(listener.heard.texts).toEqual(['head|body|more']);
    },
  },
  {
    name: 'a message that was retained or packed is still the same when others have come',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      const kept: Message[] = [];
      listener.heard.onMessage = (_peer, message) => kept.push(message.retain(), message.pack(0), message.pack(1));
      for (const text of numbered('body', 200)) connector.say('head', text, 'x'.repeat(150));
      await until('all messages', () => kept.length === 600);
      for (const [index, body] of numbered('body', 200).entries()) {
        const [retained, packed, tail] = kept.slice(3 * index, 3 * index + 3).map(framesOfMessage);
        expect(retained).toEqual(['head', body, 'x'.repeat(150)]);
        expect(packed).toEqual(retained);
        expect(tail).toEqual(retained?.slice(1));
      }
    },
  },
  {
    name: 'messages keep their order and stay whole, in both directions (F-7)',
    async play(world) {
      const listener = await world.listen({ highWaterMark: 5000 });
      const connector = world.connect(listener.socket.endpoint, { highWaterMark: 5000 });
      const sent = Array.from({ length: 3000 }, (_, index) => [`${index}`, ...numbered('part ', index % 5)]);
      echo(listener);
      for (const frames of sent) expect(connector.say(...frames)).toBe('ok');
      await until('all echoes', () => connector.heard.messages.length === sent.length);
      expect(connector.heard.texts).toEqual(sent.map((frames) => frames.join('|')));
      expect(listener.heard.texts).toEqual(connector.heard.texts);
    },
  },

  // Peers
  {
    name: 'a reply goes to the peer that asked, and to nobody else',
    async play(world) {
      const listener = await world.listen();
      const connectors = Array.from({ length: 5 }, () => world.connect(listener.socket.endpoint));
      echo(listener);
      for (const [index, connector] of connectors.entries()) for (const text of numbered(`from ${index}: `, 40)) connector.say(text);
      await until('all echoes', () => connectors.every((connector) => connector.heard.messages.length >= 40));
      await world.quiet();
      for (const [index, connector] of connectors.entries()) expect(connector.heard.texts).toEqual(numbered(`from ${index}: `, 40));
      expect(listener.heard.peers).toHaveLength(5);
      expect(new Set(listener.heard.peers.map((peer) => peer.label)).size).toBe(5);
    },
  },
  {
    name: 'the listener can speak to several peers unasked, each by its handle',
    async play(world) {
      const listener = await world.listen();
      const first = world.connect(listener.socket.endpoint);
      const second = world.connect(listener.socket.endpoint);
      first.say('first');
      await until('the first', () => listener.heard.messages.length === 1);
      second.say('second');
      await until('the second', () => listener.heard.messages.length === 2);
      const [firstPeer, secondPeer] = listener.heard.peers as [Peer, Peer];
      listener.send(secondPeer, 'to the second');
      listener.send(firstPeer, 'to the first');
      await until('both', () => first.heard.messages.length + second.heard.messages.length === 2);
      expect(first.heard.texts).toEqual(['to the first']);
      expect(second.heard.texts).toEqual(['to the second']);
    },
  },
  {
    name: 'a session stays on its handle, and each connection has a handle of its own',
    async play(world) {
      const listener = await world.listen();
      const connectors = [world.connect(listener.socket.endpoint), world.connect(listener.socket.endpoint)];
      const seen: unknown[] = [];
      listener.heard.onMessage = (peer, message) => {
        seen.push(peer.session);
        if (message.text(0) === 'remember') peer.session = { name: message.text(1) };
      };
      for (const [index, connector] of connectors.entries()) {
        connector.say('remember', `worker ${index}`);
        connector.say('recall');
        await until('both messages', () => seen.length === 2 * (index + 1));
      }
      expect(seen).toEqual([undefined, { name: 'worker 0' }, undefined, { name: 'worker 1' }]);
    },
  },
  {
    name: 'a peer that never sent anything is never mentioned',
    needs: ['disconnectNotices'],
    async play(world) {
      const listener = await world.listen();
      const silent = world.connect(listener.socket.endpoint);
      const speaking = world.connect(listener.socket.endpoint);
      speaking.say('hello');
      await until('the speaking one', () => listener.heard.messages.length === 1);
      await silent.close();
      await speaking.close();
      await until('its departure', () => listener.heard.gone.length > 0);
      await world.quiet();
      expect(listener.heard.gone).toEqual(listener.heard.peers);
    },
  },

  // Queues
  {
    name: 'before anybody listens, exactly as many messages are taken as the high-water mark says (F-11)',
    async play(world) {
      const endpoint = await world.ground.emptyEndpoint();
      const connector = world.connect(endpoint, { highWaterMark: 20, reconnectInterval: 10 });
      const answers = numbered('', 30).map((text) => connector.say(text));
      await until('word of the others', () => answers.filter((answer) => answer === 'again').length + connector.heard.overflows === 10);
      expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'ok'));
      const listener = await world.listen({}, endpoint);
      await until('those taken', () => listener.heard.messages.length === 20);
      await world.quiet();
      expect(listener.heard.texts).toEqual(numbered('', 20));
    },
  },
  {
    name: 'the high-water mark is 1000 unless another is given (F-11)',
    async play(world) {
      const connector = world.connect(await world.ground.emptyEndpoint());
      const answers = numbered('', 1005).map((text) => connector.say(text));
      await until('word of the others', () => answers.filter((answer) => answer === 'again').length + connector.heard.overflows === 5);
      expect(answers.slice(0, 1000).every((answer) => answer === 'ok')).toBe(true);
    },
  },
  {
    name: 'to a peer that takes nothing, every message is either delivered later or refused: no silent gap (F-5, F-6)',
    async play(world) {
      const listener = await world.listen({ highWaterMark: 10 });
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line, { highWaterMark: 10 });
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      const [peer] = listener.heard.peers as [Peer];
      line.freeze();
      const filling = Buffer.alloc(2 ** 16);
      let taken = 0;
      let refused = 0;
      for (let round = 0; refused + listener.heard.overflows === 0 || round < 3; round++) {
        for (let i = 0; i < 100; i++) {
          const answer = listener.socket.send(peer, [Buffer.from(`${taken + refused}`), filling]);
          expect(answer).not.toBe('unreachable');
          if (answer === 'ok') taken++;
          else refused++;
        }
        await world.quiet();
      }
      line.thaw();
      await until('what was taken', () => connector.heard.messages.length === taken - listener.heard.overflows);
      await world.quiet();
      const numbers = connector.heard.messages.map((message) => Number(message.frames[0]));
      expect(numbers).toHaveLength(taken - listener.heard.overflows);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      expect(numbers.slice(0, 10)).toEqual(numbered('', 10).map(Number));
    },
  },
  {
    name: 'a peer that takes nothing does not hold up the others (F-6)',
    async play(world) {
      const listener = await world.listen({ highWaterMark: 10 });
      const line = await world.line(listener.socket.endpoint);
      const stopped = world.connectOver(line, { highWaterMark: 10 });
      stopped.say('stopped');
      await until('the one that will stop', () => listener.heard.messages.length === 1);
      line.freeze();
      const other = world.connect(listener.socket.endpoint);
      other.say('other');
      await until('the other', () => listener.heard.messages.length === 2);
      const [stoppedPeer, otherPeer] = listener.heard.peers as [Peer, Peer];
      const filling = Buffer.alloc(2 ** 16);
      let refused = 0;
      for (let turn = 0; turn < 300; turn++) {
        if (listener.socket.send(stoppedPeer, [filling]) === 'again') refused++;
        expect(listener.send(otherPeer, `turn ${turn}`)).toBe('ok');
        await until('the other’s message', () => other.heard.messages.length === turn + 1);
      }
      expect(refused + listener.heard.overflows).toBeGreaterThan(0);
      expect(listener.heard.heard.filter((event) => event.kind === 'overflow').every((event) => event.peer === stoppedPeer)).toBe(true);
      expect(other.heard.texts).toEqual(numbered('turn ', 300));
    },
  },
  {
    name: 'a listener that pauses within its handler takes nothing more until it resumes; all of it comes then, in order',
    async play(world) {
      const listener = await world.listen();
      const connectors = [world.connect(listener.socket.endpoint), world.connect(listener.socket.endpoint)];
      listener.heard.onMessage = () => {
        if (listener.heard.messages.length === 10) listener.socket.pause();
      };
      for (const text of numbered('', 50)) for (const connector of connectors) connector.say(text);
      await until('the pause', () => listener.heard.messages.length === 10);
      await world.quiet();
      expect(listener.heard.messages).toHaveLength(10);
      // It still speaks.
      const [peer] = listener.heard.peers as [Peer];
      expect(listener.send(peer, 'wait')).toBe('ok');
      await until('its word', () => connectors.some((connector) => connector.heard.texts.includes('wait')));
      listener.socket.resume();
      await until('the rest', () => listener.heard.messages.length === 100);
      expect(listener.heard.peers).toHaveLength(2);
      for (const each of listener.heard.peers) {
        const own = listener.heard.messages.filter((message) => message.peer === each);
        expect(own.map((message) => message.text)).toEqual(numbered('', 50));
      }
    },
  },
  {
    name: 'a listener that pauses at rest takes at most one message more',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      connector.say('first');
      await until('the first', () => listener.heard.messages.length === 1);
      await world.quiet();
      listener.socket.pause();
      listener.socket.pause();
      for (const text of numbered('', 20)) connector.say(text);
      await world.quiet();
      expect(listener.heard.messages.length).toBeLessThanOrEqual(2);
      listener.socket.resume();
      listener.socket.resume();
      await until('the rest', () => listener.heard.messages.length === 21);
      expect(listener.heard.texts).toEqual(['first', ...numbered('', 20)]);
    },
  },
  {
    name: 'to a listener that pauses, every message is delivered later or refused: its peers feel that it takes nothing',
    async play(world) {
      const listener = await world.listen({ highWaterMark: 10 });
      const connector = world.connect(listener.socket.endpoint, { highWaterMark: 10 });
      listener.heard.onMessage = () => {
        listener.socket.pause();
      };
      const filling = Buffer.alloc(2 ** 16);
      let taken = 0;
      let refused = 0;
      while (refused + connector.heard.overflows === 0) {
        for (let i = 0; i < 100; i++) {
          if (connector.socket.send(connector.socket.remote, [Buffer.from(`${taken + refused}`), filling]) === 'ok') taken++;
          else refused++;
        }
        await world.quiet();
      }
      expect(listener.heard.messages).toHaveLength(1);
      listener.heard.onMessage = () => undefined;
      listener.socket.resume();
      await until('what was taken', () => listener.heard.messages.length === taken - connector.heard.overflows);
      const numbers = listener.heard.messages.map((message) => Number(message.frames[0]));
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    },
  },
  {
    name: 'a listener that pauses can be closed',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      listener.heard.onMessage = () => {
        listener.socket.pause();
      };
      connector.say('first');
      await until('the first', () => listener.heard.messages.length === 1);
      connector.say('second');
      await listener.close(0);
      listener.socket.resume();
      await world.quiet();
      expect(listener.heard.texts).toEqual(['first']);
    },
  },
  {
    name: 'of two peers that never stop sending, both are served',
    async play(world) {
      const listener = await world.listen();
      const flooding = ['a', 'b'].map((name) => ({ name, connector: world.connect(listener.socket.endpoint) }));
      const served = (name: string): number => listener.heard.texts.filter((text) => text === name).length;
      let stop = false;
      const pump = (): void => {
        if (stop) return;
        for (const { name, connector } of flooding) for (let i = 0; i < 60; i++) connector.say(name);
        setImmediate(pump);
      };
      pump();
      try {
        await until('500 of each', () => served('a') >= 500 && served('b') >= 500);
      } finally {
        stop = true;
      }
    },
  },
  {
    name: 'every burst of messages is followed by one batchEnd',
    async play(world) {
      const listener = await world.listen({ highWaterMark: 5000 });
      const connector = world.connect(listener.socket.endpoint, { highWaterMark: 5000 });
      echo(listener);
      for (const [round, size] of [1, 3, 100, 900].entries()) {
        const before = connector.heard.messages.length;
        for (const text of numbered(`${round}: `, size)) connector.say(text);
        await until('the echoes', () => connector.heard.messages.length === before + size);
        await until('the end of the burst', () => connector.heard.settled && listener.heard.settled);
      }
      const order = connector.heard.heard.map((event) => event.kind).join(' ');
      expect(order).not.toContain('batchEnd batchEnd');
      expect(order).toMatch(/^message .*batchEnd$/);
    },
  },
  {
    name: 'a send calls no handler before it returns, not even from within one',
    async play(world) {
      const listener = await world.listen();
      const connectors = [world.connect(listener.socket.endpoint), world.connect(listener.socket.endpoint)];
      let sending = false;
      const calledWhileSending: string[] = [];
      listener.heard.onMessage = (peer, message) => {
        if (sending) calledWhileSending.push('the listener');
        const count = Number(message.text(0));
        sending = true;
        for (const to of listener.heard.peers) if (count < 40) listener.send(to, `${count + 1}`);
        listener.send(peer, 'done');
        sending = false;
      };
      for (const connector of connectors) {
        connector.heard.onMessage = (_peer, message) => {
          if (sending) calledWhileSending.push('a connector');
          if (message.text(0) !== 'done' && connector === connectors[0]) {
            sending = true;
            connector.say(message.text(0));
            sending = false;
          }
        };
        connector.say('0');
      }
      await until('the conversation', () => connectors.every((connector) => connector.heard.texts.includes('40')));
      expect(calledWhileSending).toEqual([]);
    },
  },
  {
    name: 'a handler that throws neither stops the socket nor is hushed up',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      await untilUncaught(async (uncaught) => {
        listener.heard.onMessage = (_peer, message) => {
          if (message.text(0) === 'bad') throw new Error('a fault of the handler');
        };
        for (const text of ['good', 'bad', 'good again']) connector.say(text);
        await until('all three', () => listener.heard.messages.length === 3 && listener.heard.settled && uncaught.length > 0);
      });
    },
  },

  // Connections
  {
    name: 'a connector may be early: what it sends before anybody listens arrives in order (F-14)',
    async play(world) {
      const endpoint = await world.ground.emptyEndpoint();
      const connector = world.connect(endpoint, { reconnectInterval: 10 });
      for (const text of numbered('early ', 100)) expect(connector.say(text)).toBe('ok');
      await world.quiet();
      const listener = await world.listen({}, endpoint);
      for (const text of numbered('later ', 10)) connector.say(text);
      await until('all', () => listener.heard.messages.length === 110);
      expect(listener.heard.texts).toEqual([...numbered('early ', 100), ...numbered('later ', 10)]);
    },
  },
  {
    name: 'across a restart of the listener nothing arrives twice, and the order is kept (F-13)',
    async play(world) {
      let listener = await world.listen({ linger: 0 });
      const { endpoint } = listener.socket;
      const connector = world.connect(endpoint, { reconnectInterval: 10, highWaterMark: 0 });
      const numbers: number[] = [];
      let sent = 0;
      const sendSome = (): void => {
        for (let i = 0; i < 50; i++) connector.say(`${sent++}`);
      };
      for (let incarnation = 0; incarnation < 3; incarnation++) {
        const { heard } = listener;
        await until('messages', () => {
          if (heard.messages.length === 0) sendSome();
          return heard.messages.length > 0;
        });
        sendSome();
        await listener.close();
        sendSome();
        numbers.push(...heard.texts.map(Number));
        listener = await world.listen({ linger: 0 }, endpoint);
      }
      await until('a message by the last', () => {
        if (listener.heard.messages.length === 0) sendSome();
        return listener.heard.messages.length > 0;
      });
      connector.say('the end');
      await until('the end', () => listener.heard.texts.includes('the end'));
      numbers.push(...listener.heard.texts.slice(0, -1).map(Number));
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      expect(numbers.at(-1)).toBe(sent - 1);
    },
  },
  {
    name: 'a connector keeps what it queued while its listener was away (F-15)',
    async play(world) {
      const first = await world.listen({ linger: 0 });
      const connector = world.connect(first.socket.endpoint, { reconnectInterval: 10 });
      connector.say('to the first');
      await until('the first message', () => first.heard.messages.length === 1);
      await first.close();
      if (connector.socket.layers.disconnectNotices) await until('word of it', () => connector.heard.gone.length === 1);
      else await world.quiet();
      for (const text of numbered('queued ', 50)) expect(connector.say(text)).toBe('ok');
      const second = await world.listen({}, first.socket.endpoint);
      await until('the queued ones', () => second.heard.messages.length === 50);
      expect(second.heard.texts).toEqual(numbered('queued ', 50));
    },
  },
  {
    name: 'what a listener had queued for a connection that ended never reaches the next one (F-15)',
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line, { reconnectInterval: 10 });
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      const [peer] = listener.heard.peers as [Peer];
      line.freeze();
      for (const text of numbered('lost ', 50)) expect(listener.send(peer, text)).toBe('ok');
      line.cut();
      line.thaw();
      await untilReconnected(world, connector, listener.heard);
      listener.send(listener.heard.peers.at(-1) as Peer, 'after');
      await until('what comes after', () => connector.heard.messages.length > 0);
      await world.quiet();
      expect(connector.heard.texts).toEqual(['after']);
    },
  },
  {
    name: 'a peer that reconnects is a new handle without a session (F-26)',
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line, { reconnectInterval: 10 });
      const sessionsOfNewcomers: unknown[] = [];
      listener.heard.onMessage = (peer) => {
        if (peer === listener.heard.peers[sessionsOfNewcomers.length]) sessionsOfNewcomers.push(peer.session);
        peer.session = 'known';
      };
      connector.say('first');
      await until('the first connection', () => listener.heard.messages.length === 1);
      line.cut();
      await untilReconnected(world, connector, listener.heard);
      const [first, second] = listener.heard.peers as [Peer, Peer];
      expect(second).not.toBe(first);
      expect(second.label).not.toBe(first.label);
      expect(sessionsOfNewcomers).toEqual([undefined, undefined]);
    },
  },
  {
    name: 'the connector’s handle of its listener stays the same across reconnects',
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line, { reconnectInterval: 10 });
      const { remote } = connector.socket;
      remote.session = 'mine';
      echo(listener);
      connector.say('one');
      await until('the first echo', () => connector.heard.messages.length === 1);
      line.cut();
      await untilReconnected(world, connector, listener.heard);
      await until('an echo over the new connection', () => connector.heard.messages.length > 1);
      expect(connector.socket.remote).toBe(remote);
      expect(connector.heard.peers).toEqual([remote]);
      expect(remote.session).toBe('mine');
    },
  },

  // Departures
  {
    name: 'a listener hears that a peer closed (F-21)',
    needs: ['disconnectNotices'],
    async play(world) {
      const listener = await world.listen();
      const leaving = world.connect(listener.socket.endpoint);
      const staying = world.connect(listener.socket.endpoint);
      leaving.say('leaving');
      await until('the first', () => listener.heard.messages.length === 1);
      staying.say('staying');
      await until('the second', () => listener.heard.messages.length === 2);
      await leaving.close();
      await until('its departure', () => listener.heard.gone.length === 1);
      await world.quiet();
      expect(listener.heard.gone).toEqual([listener.heard.peers[0]]);
    },
  },
  {
    name: 'a listener hears that a connection was reset (F-21)',
    needs: ['disconnectNotices'],
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line);
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      line.cut();
      await until('its end', () => listener.heard.gone.length === 1);
      expect(listener.heard.heard.at(-1)).toEqual({ kind: 'peerGone', peer: listener.heard.peers[0], reason: world.ground.resetReason });
    },
  },
  {
    name: 'a connector hears that its listener closed, and that its connection was reset (F-23)',
    needs: ['disconnectNotices'],
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const overLine = world.connectOver(line);
      const direct = world.connect(listener.socket.endpoint);
      echo(listener);
      for (const connector of [overLine, direct]) {
        connector.say('hello');
        await until('the echo', () => connector.heard.messages.length === 1);
      }
      line.cut();
      await until('word of the reset', () => overLine.heard.gone.length === 1);
      expect(direct.heard.gone).toEqual([]);
      await listener.close();
      await until('word of the close', () => direct.heard.gone.length === 1);
      expect(direct.heard.gone).toEqual([direct.socket.remote]);
      expect(overLine.heard.gone[0]).toBe(overLine.socket.remote);
    },
  },
  {
    name: 'all that a peer sent before it left is delivered before its departure, though replies to it fail meanwhile',
    async play(world) {
      const listener = await world.listen({ highWaterMark: 5000 });
      const { endpoint, layers } = listener.socket;
      echo(listener);
      for (let round = 0; round < 4; round++) {
        const before = listener.heard.messages.length;
        const connector = world.connect(endpoint, { highWaterMark: 5000, linger: 5000 });
        for (const text of numbered(`${round}: `, 1500)) connector.say(text);
        await connector.close();
        await until('all it sent', () => listener.heard.messages.length === before + 1500);
      }
      if (layers.disconnectNotices) await until('all departures', () => listener.heard.gone.length === 4);
      await world.quiet();
      expect(listener.heard.texts).toEqual(numbered('', 4).flatMap((round) => numbered(`${round}: `, 1500)));
      expect(listener.heard.peers).toHaveLength(4);
    },
  },
  {
    name: 'a send to a handle that is gone is unreachable, at once and for ever (F-6)',
    needs: ['disconnectNotices'],
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line, { reconnectInterval: 10 });
      const inHandler: string[] = [];
      listener.heard.onPeerGone = (peer) => inHandler.push(listener.send(peer, 'too late'));
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      const [peer] = listener.heard.peers as [Peer];
      line.cut();
      await until('its end', () => listener.heard.gone.length === 1);
      expect(inHandler).toEqual(['unreachable']);
      await untilReconnected(world, connector, listener.heard);
      expect(listener.send(peer, 'too late')).toBe('unreachable');
      await world.quiet();
      expect(connector.heard.messages).toEqual([]);
    },
  },
  {
    name: 'a send to a peer of which nobody said that it went is answered unreachable in the end, or reported so (F-6)',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      const [peer] = listener.heard.peers as [Peer];
      await connector.close();
      await until('an answer or a report', () => listener.send(peer, 'are you there?') === 'unreachable');
      if (listener.heard.gone.length === 0 && listener.socket.layers.disconnectNotices)
        await until('the report', () => listener.heard.gone.length === 1);
      expect(listener.heard.overflows).toBe(0);
      expect(listener.heard.gone.length).toBeLessThanOrEqual(1);
    },
  },
  {
    name: 'a stopped link gives no notice, and delivers everything in order when it moves again (F-16)',
    async play(world) {
      const listener = await world.listen();
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line);
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      const [peer] = listener.heard.peers as [Peer];
      line.freeze();
      for (const text of numbered('there ', 50)) expect(connector.say(text)).toBe('ok');
      for (const text of numbered('back ', 50)) expect(listener.send(peer, text)).toBe('ok');
      await world.quiet();
      expect(listener.heard.messages).toHaveLength(1);
      expect(connector.heard.messages).toHaveLength(0);
      line.thaw();
      await until('everything', () => listener.heard.messages.length === 51 && connector.heard.messages.length === 50);
      expect(listener.heard.texts.slice(1)).toEqual(numbered('there ', 50));
      expect(connector.heard.texts).toEqual(numbered('back ', 50));
      expect([...listener.heard.gone, ...connector.heard.gone]).toEqual([]);
    },
  },
  {
    name: 'with transport heartbeats a stopped link is noticed at both ends (F-16)',
    needs: ['transportHeartbeats', 'disconnectNotices'],
    async play(world) {
      const listener = await world.listen({ transportHeartbeat: HEARTBEAT });
      const line = await world.line(listener.socket.endpoint);
      const connector = world.connectOver(line, { transportHeartbeat: HEARTBEAT });
      expect(listener.socket.layers.transportHeartbeats && connector.socket.layers.transportHeartbeats).toBe(true);
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      line.freeze();
      await until('both ends to notice', () => listener.heard.gone.length > 0 && connector.heard.gone.length > 0);
      expect(listener.heard.gone).toEqual(listener.heard.peers);
    },
  },

  // Limits
  {
    name: 'a frame over the limit disconnects its sender, who comes back with what it sends later (F-8)',
    async play(world) {
      const listener = await world.listen({ maxFrameBytes: 1000 });
      const connector = world.connect(listener.socket.endpoint, { reconnectInterval: 10 });
      connector.say('x'.repeat(900), 'x'.repeat(900), 'x'.repeat(1000));
      await until('three frames within the limit', () => listener.heard.messages.length === 1);
      connector.say('x'.repeat(1001));
      if (listener.socket.layers.disconnectNotices) await until('the disconnect', () => listener.heard.gone.length === 1);
      await untilReconnected(world, connector, listener.heard);
      expect(listener.heard.messages.every((message) => message.frames.every((frame) => frame.length <= 1000))).toBe(true);
    },
  },
  {
    name: 'a connector that is sent a frame over its limit is cut off, over libzmq for good (F-9)',
    needs: ['disconnectNotices'],
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint, { maxFrameBytes: 1000, reconnectInterval: 10 });
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      const [peer] = listener.heard.peers as [Peer];
      listener.send(peer, 'x'.repeat(1001));
      await until('both ends to notice', () => listener.heard.gone.length === 1 && connector.heard.gone.length === 1);
      if (world.ground.comesBackFromLimits) await untilReconnected(world, connector, listener.heard);
      else {
        await until('a refusal', () => connector.say('still there?') === 'again' || connector.heard.overflows > 0);
        await world.quiet();
        expect(listener.heard.messages).toHaveLength(1);
      }
      expect(connector.heard.messages).toEqual([]);
    },
  },

  // Endings
  {
    name: 'closing with linger 0 waits for nobody, and what was not sent is gone (F-19)',
    async play(world) {
      const endpoint = await world.ground.emptyEndpoint();
      const connector = world.connect(endpoint, { linger: 0, reconnectInterval: 10 });
      connector.say('never delivered');
      await connector.close();
      await world.quiet();
      const listener = await world.listen({}, endpoint);
      await world.quiet();
      expect(listener.heard.messages).toEqual([]);
    },
  },
  {
    name: 'what was sent right before closing is delivered within the linger time (F-19)',
    async play(world) {
      const endpoint = await world.ground.emptyEndpoint();
      const connector = world.connect(endpoint, { linger: 60_000, reconnectInterval: 10 });
      for (const text of numbered('last words ', 20)) connector.say(text);
      const closing = connector.close();
      const listener = await world.listen({ linger: 60_000 }, endpoint);
      await until('the last words', () => listener.heard.messages.length === 20);
      await closing;
      expect(listener.heard.texts).toEqual(numbered('last words ', 20));
    },
  },
  {
    name: 'the linger time given to close replaces the one that was set before',
    async play(world) {
      const endpoint = await world.ground.emptyEndpoint();
      const hasty = world.connect(endpoint, { linger: 60_000, reconnectInterval: 10 });
      hasty.say('never delivered');
      await hasty.close(0);
      await world.quiet();
      const patient = world.connect(endpoint, { linger: 0, reconnectInterval: 10 });
      patient.say('delivered');
      const closing = patient.close(60_000);
      const listener = await world.listen({}, endpoint);
      await until('the message', () => listener.heard.messages.length > 0);
      await closing;
      await world.quiet();
      expect(listener.heard.texts).toEqual(['delivered']);
    },
  },
  {
    name: 'a listener delivers its last replies within the linger time (F-19)',
    async play(world) {
      const listener = await world.listen({ linger: 60_000 });
      const connector = world.connect(listener.socket.endpoint);
      connector.say('question');
      await until('the question', () => listener.heard.messages.length === 1);
      for (const text of numbered('answer ', 20)) listener.send(listener.heard.peers[0] as Peer, text);
      await listener.close();
      await until('the answers', () => connector.heard.messages.length === 20);
      expect(connector.heard.texts).toEqual(numbered('answer ', 20));
    },
  },
  {
    name: 'close may be called again and again, and nothing is heard afterwards (F-20)',
    async play(world) {
      const listener = await world.listen();
      const connectors = [world.connect(listener.socket.endpoint), world.connect(listener.socket.endpoint)];
      echo(listener);
      for (const connector of connectors) for (const text of numbered('', 300)) connector.say(text);
      await until('some of them', () => listener.heard.messages.length > 0);
      const closing = listener.close();
      await Promise.all([closing, listener.close(), listener.close()]);
      for (const connector of connectors) {
        connector.say('is anybody there?');
        await Promise.all([connector.close(), connector.close()]);
      }
      await world.quiet();
      await listener.close();
    },
  },
  {
    name: 'what is refused is not reported any more once the socket is closed (F-20)',
    async play(world) {
      const connector = world.connect(await world.ground.emptyEndpoint(), { highWaterMark: 10 });
      for (const text of numbered('', 30)) connector.say(text);
      await connector.close();
      const listener = await world.listen({ highWaterMark: 10 });
      const peer = world.connect(listener.socket.endpoint);
      listener.heard.onMessage = (from) => {
        for (const text of numbered('', 5000)) listener.send(from, text);
        void listener.close();
      };
      peer.say('go');
      await until('some of the answers', () => peer.heard.messages.length > 0);
      await world.quiet();
      expect(connector.heard.heard).toEqual([]);
      expect(listener.heard.heard.map((event) => event.kind)).toEqual(['message']);
    },
  },
  {
    name: 'a socket may be closed from within its own handler, in the middle of a burst',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      echo(listener);
      const closings: Promise<void>[] = [];
      connector.heard.onMessage = () => {
        if (connector.heard.messages.length === 3) closings.push(connector.close());
      };
      for (const text of numbered('', 200)) connector.say(text);
      await until('the third message', () => closings.length === 1);
      await closings[0];
      await world.quiet();
      expect(connector.heard.messages).toHaveLength(3);
    },
  },
  {
    name: 'a send on a closed socket is unreachable',
    async play(world) {
      const listener = await world.listen();
      const connector = world.connect(listener.socket.endpoint);
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      void connector.close();
      void listener.close();
      expect(connector.say('too late')).toBe('unreachable');
      expect(listener.send(listener.heard.peers[0] as Peer, 'too late')).toBe('unreachable');
    },
  },

  // Endpoints
  {
    name: 'the listener names the endpoint where it really listens',
    async play(world) {
      const listeners = [await world.listen(), await world.listen()];
      expect(new Set(listeners.map((listener) => listener.socket.endpoint)).size).toBe(2);
      for (const [index, listener] of listeners.entries()) {
        expect(listener.socket.endpoint).not.toMatch(/[*]|:0$/);
        world.connect(listener.socket.endpoint).say(`${index}`);
        await until('the message', () => listener.heard.texts.includes(`${index}`));
      }
    },
  },
  {
    name: 'an endpoint can be listened on again as soon as its listener is closed',
    async play(world) {
      let listener = await world.listen();
      const { endpoint } = listener.socket;
      for (let round = 0; round < 5; round++) {
        await listener.close();
        listener = await world.listen({}, endpoint);
        expect(listener.socket.endpoint).toBe(endpoint);
        const connector = world.connect(endpoint);
        connector.say(`${round}`);
        await until('a message', () => listener.heard.texts.includes(`${round}`));
        await connector.close();
      }
    },
  },
  {
    name: 'an endpoint that is taken is a typed error, and harms nobody',
    async play(world) {
      const listener = await world.listen();
      const { endpoint } = listener.socket;
      const error: unknown = await world.listen({}, endpoint).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(BindFailed);
      expect(error).toMatchObject({ code: 'BIND_FAILED', retriable: true, endpoint, reason: 'EADDRINUSE' });
      world.connect(endpoint).say('hello');
      await until('the message', () => listener.heard.messages.length === 1);
    },
  },
  {
    name: 'text that is no endpoint is a typed error, when listening and when connecting',
    async play(world) {
      for (const endpoint of ['', 'nonsense', '127.0.0.1:5555', 'tcp//127.0.0.1:5555', '://', 'tcp://']) {
        expect(() => world.connect(endpoint)).toThrow(InvalidEndpoint);
        await expect(world.listen({}, endpoint)).rejects.toThrow(InvalidEndpoint);
      }
      expect(() => world.connect('tcp://127.0.0.1:*')).toThrow(InvalidEndpoint);
    },
  },
];

/** Scripts about what is said to everybody. */
const PUBLISHING: readonly Script[] = [
  {
    name: 'what is published arrives with its frames: one or many, text, binary and empty',
    async play(world) {
      const voice = await world.publish();
      const ear = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, ear);
      const tuned = ear.heard.messages.length;
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const messages = [
        [Buffer.from('one')],
        [Buffer.alloc(0)],
        [Buffer.alloc(0), Buffer.from('MDPC01'), Buffer.alloc(0), everyByte],
        Array.from({ length: 40 }, (_, index) => Buffer.alloc(index, index)),
        Array.from({ length: 300 }, (_, index) => Buffer.from(String(index))),
        [Buffer.from('the end')],
      ];
      const frames: Buffer[] = [];
      for (const message of messages) {
        frames.splice(0, Infinity, ...message);
        voice.socket.publish(frames);
      }
      await until('the end', () => ear.texts.includes('the end'));
      const heard = ear.heard.messages.slice(tuned).filter(({ text }) => ear.texts.includes(text));
      expect(heard.map((message) => message.frames)).toEqual(messages);
    },
  },
  {
    name: 'a subscriber that comes late has missed what was before, and nothing of what is after',
    async play(world) {
      const voice = await world.publish();
      const early = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, early);
      for (const text of numbered('before ', 50)) voice.say(text);
      const late = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, late);
      for (const text of numbered('after ', 50)) voice.say(text);
      await until('the last', () => [early, late].every(({ texts }) => texts.at(-1) === 'after 49'));
      expect(early.texts).toEqual([...numbered('before ', 50), ...numbered('after ', 50)]);
      expect(late.texts).toEqual(numbered('after ', 50));
    },
  },
  {
    name: 'what is published to nobody is gone, however much it is',
    async play(world) {
      const voice = await world.publish({ highWaterMark: 10 });
      for (const text of numbered('to nobody ', 5000)) voice.say(text);
      const ear = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, ear);
      voice.say('to somebody');
      await until('it', () => ear.texts.length > 0);
      expect(ear.texts).toEqual(['to somebody']);
    },
  },
  {
    name: 'a subscriber may be early',
    async play(world) {
      const endpoint = await world.ground.emptyEndpoint();
      const ear = world.subscribe(endpoint, { reconnectInterval: 10 });
      await world.quiet();
      const voice = await world.publish({}, endpoint);
      await world.tune(voice, ear);
      voice.say('good morning');
      await until('it', () => ear.texts.includes('good morning'));
    },
  },
  {
    name: 'many subscribers hear the same in the same order, each on one handle',
    async play(world) {
      const voice = await world.publish({ highWaterMark: 5000 });
      const ears = Array.from({ length: 20 }, () => world.subscribe(voice.socket.endpoint, { highWaterMark: 5000 }));
      await world.tune(voice, ...ears);
      const texts = numbered('', 1000);
      for (const text of texts) voice.say(text, 'and more');
      await until('all', () => ears.every((ear) => ear.texts.length === 1000 && ear.heard.settled));
      for (const ear of ears) {
        expect(ear.texts).toEqual(texts.map((text) => `${text}|and more`));
        expect(ear.heard.peers).toEqual([ear.socket.remote]);
      }
    },
  },
  {
    name: 'a subscriber hears of two publishers through two sockets, each in order',
    async play(world) {
      const voices = [await world.publish(), await world.publish()];
      const ears = voices.map((voice) => world.subscribe(voice.socket.endpoint));
      for (const [index, voice] of voices.entries()) await world.tune(voice, ears[index] as never);
      for (const text of numbered('', 100)) for (const [index, voice] of voices.entries()) voice.say(`${index}: ${text}`);
      await until('all', () => ears.every((ear) => ear.texts.length === 100));
      for (const [index, ear] of ears.entries()) expect(ear.texts).toEqual(numbered(`${index}: `, 100));
    },
  },
  {
    name: 'a subscriber comes back by itself to a publisher that ended and is there again; what was said meanwhile it has missed',
    async play(world) {
      const first = await world.publish({ linger: 0 });
      const { endpoint } = first.socket;
      const ear = world.subscribe(endpoint, { reconnectInterval: 10 });
      const { remote } = ear.socket;
      remote.session = 'mine';
      await world.tune(first, ear);
      first.say('from the first');
      await until('the first', () => ear.texts.length === 1);
      await first.socket.close();
      first.say('too late');
      const second = await world.publish({}, endpoint);
      await world.tune(second, ear);
      second.say('from the second');
      await until('the second', () => ear.texts.length === 2);
      expect(ear.texts).toEqual(['from the first', 'from the second']);
      expect(ear.socket.remote).toBe(remote);
      expect(ear.heard.peers).toEqual([remote]);
      expect(remote.session).toBe('mine');
    },
  },
  {
    name: 'over a connection that was cut a subscriber misses some, and nothing comes twice or out of order',
    async play(world) {
      const voice = await world.publish();
      const line = await world.line(voice.socket.endpoint);
      const ear = world.subscribeOver(line, { reconnectInterval: 10 });
      const steady = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, ear, steady);
      for (const text of numbered('', 100)) voice.say(text);
      line.cut();
      for (const text of numbered('', 200).slice(100)) voice.say(text);
      await until('all, where nothing was cut', () => steady.texts.length === 200);
      await world.tune(voice, ear);
      voice.say('200');
      await until('the last', () => ear.texts.at(-1) === '200');
      const numbers = ear.texts.map(Number);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    },
  },
  {
    name: 'a subscriber that takes nothing misses what its queue does not hold; the others miss nothing',
    async play(world) {
      const voice = await world.publish({ highWaterMark: 10 });
      const line = await world.line(voice.socket.endpoint);
      const slow = world.subscribeOver(line, { highWaterMark: 10 });
      const quick = world.subscribe(voice.socket.endpoint, { highWaterMark: 10 });
      await world.tune(voice, slow, quick);
      line.freeze();
      // More than two operating systems' buffers hold.
      const filling = Buffer.alloc(2 ** 18);
      for (let turn = 0; turn < 250; turn++) {
        voice.socket.publish([Buffer.from(`${turn}`), filling]);
        await until('the quick one’s message', () => quick.texts.length === turn + 1);
      }
      line.thaw();
      await until('the end', () => {
        voice.say('the end');
        return slow.texts.includes('the end');
      });
      const numbers = slow.heard.messages.filter(({ frames }) => frames.length === 2).map(({ frames }) => Number(frames[0]));
      // libzmq learns of what was read by halves of the high-water mark: it may count as many as unread.
      expect(numbers.length).toBeGreaterThanOrEqual(5);
      expect(numbers.length).toBeLessThan(250);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    },
  },
  {
    name: 'with transport heartbeats a subscriber on a stopped link comes back over another connection',
    needs: ['transportHeartbeats'],
    async play(world) {
      const voice = await world.publish({ transportHeartbeat: HEARTBEAT });
      const line = await world.line(voice.socket.endpoint);
      const ear = world.subscribeOver(line, { transportHeartbeat: HEARTBEAT, reconnectInterval: 10 });
      expect(ear.socket.layers.transportHeartbeats).toBe(true);
      await world.tune(voice, ear);
      line.freeze();
      await new Promise((resolve) => setTimeout(resolve, 2 * (HEARTBEAT.interval + HEARTBEAT.timeout)));
      line.thaw();
      await world.tune(voice, ear);
    },
  },
  {
    name: 'a subscriber whose handler throws hears the rest, and the error is not hushed up',
    async play(world) {
      const voice = await world.publish();
      const ear = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, ear);
      await untilUncaught(async (uncaught) => {
        ear.heard.onMessage = (_peer, message) => {
          if (message.text(0) === 'bad') throw new Error('a fault of the handler');
        };
        for (const text of ['good', 'bad', 'good again']) voice.say(text);
        await until('all three', () => ear.texts.length === 3 && ear.heard.settled && uncaught.length > 0);
      });
    },
  },
  {
    name: 'a publisher delivers its last words within the linger time; closed, it says nothing more',
    async play(world) {
      const voice = await world.publish({ linger: 60_000 });
      const ear = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, ear);
      for (const text of numbered('last words ', 20)) voice.say(text);
      await Promise.all([voice.socket.close(), voice.socket.close()]);
      voice.say('from beyond');
      await until('the last words', () => ear.texts.length === 20);
      await world.quiet();
      expect(ear.texts).toEqual(numbered('last words ', 20));
    },
  },
  {
    name: 'a subscriber may be closed from within its own handler, again and again, and hears nothing afterwards',
    async play(world) {
      const voice = await world.publish();
      const ear = world.subscribe(voice.socket.endpoint);
      const other = world.subscribe(voice.socket.endpoint);
      await world.tune(voice, ear, other);
      const closings: Promise<void>[] = [];
      ear.heard.onMessage = (_peer, message) => {
        if (message.text(0) === '3') closings.push(ear.close(), ear.close());
      };
      for (const text of numbered('', 200)) voice.say(text);
      await until('all at the other', () => other.texts.length === 200);
      await until('the end', () => closings.length === 2);
      await Promise.all(closings);
      await world.quiet();
      expect(ear.texts).toEqual(['0', '1', '2', '3']);
    },
  },
  {
    name: 'a publisher’s endpoint is a real one, taken while it is there, and free when it has gone',
    async play(world) {
      let voice = await world.publish();
      const { endpoint } = voice.socket;
      expect(endpoint).not.toMatch(/[*]|:0$/);
      await expect(world.publish({}, endpoint)).rejects.toMatchObject({ code: 'BIND_FAILED', reason: 'EADDRINUSE' });
      await expect(world.listen({}, endpoint)).rejects.toMatchObject({ code: 'BIND_FAILED', reason: 'EADDRINUSE' });
      for (let round = 0; round < 3; round++) {
        await voice.socket.close(0);
        voice = await world.publish({}, endpoint);
      }
    },
  },
  {
    name: 'text that is no endpoint is a typed error, when publishing and when subscribing',
    async play(world) {
      for (const endpoint of ['', 'nonsense', '127.0.0.1:5555', 'tcp//127.0.0.1:5555', '://', 'tcp://']) {
        expect(() => world.subscribe(endpoint)).toThrow(InvalidEndpoint);
        await expect(world.publish({}, endpoint)).rejects.toThrow(InvalidEndpoint);
      }
      expect(() => world.subscribe('tcp://127.0.0.1:*')).toThrow(InvalidEndpoint);
    },
  },
  {
    name: 'connectors and publishers have nothing to say to each other, nor have subscribers and listeners',
    async play(world) {
      const voice = await world.publish();
      const listener = await world.listen();
      const astray = world.connect(voice.socket.endpoint);
      const deaf = world.subscribe(listener.socket.endpoint);
      const ear = world.subscribe(voice.socket.endpoint);
      const connector = world.connect(listener.socket.endpoint);
      astray.say('is this a listener?');
      await world.tune(voice, ear);
      connector.say('hello');
      await until('the peer', () => listener.heard.messages.length === 1);
      await world.quiet();
      expect(listener.heard.texts).toEqual(['hello']);
      expect([...astray.heard.messages, ...deaf.heard.messages]).toEqual([]);
    },
  },
  {
    name: 'an identity that cannot be is a typed error; with a possible one a listener is as any other',
    async play(world) {
      for (const identity of ['', '\0name', 'x'.repeat(256), 'é'.repeat(128), 5 as never])
        await expect(world.listen({ identity })).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'identity' });
      for (const identity of ['tcp://127.0.0.1:5555', 'x'.repeat(255)]) {
        const listener = await world.listen({ identity });
        echo(listener);
        const connector = world.connect(listener.socket.endpoint);
        connector.say('hello');
        await until('the echo', () => connector.heard.texts.includes('hello'));
      }
    },
  },
];

/** While `work` goes on, what nobody catches is put into its list: in the end the one fault of a handler. */
async function untilUncaught(work: (uncaught: readonly unknown[]) => Promise<void>): Promise<void> {
  expect(await uncaughtDuring(work)).toEqual([new Error('a fault of the handler')]);
}

/** Sends until a message came over a connection that did not exist before: a cut may swallow what is under way. */
async function untilReconnected(
  world: World,
  connector: ReturnType<World['connect']>,
  heard: { readonly peers: readonly Peer[] },
): Promise<void> {
  const before = heard.peers.length;
  await until('a new connection', () => {
    if (heard.peers.length === before) connector.say('anybody?');
    return heard.peers.length > before;
  });
  await world.quiet();
}
