/** zeromq.js by itself, without a broker: a DEALER that asks a ROUTER, each request with a number by which its answer is found. */
import { Dealer, Router } from 'zeromq';
import type { Bytes, Stack } from './stack.ts';

export const stack: Stack = {
  async serve() {
    const router = new Router({ sendTimeout: 0, linger: 0 });
    await router.bind('tcp://127.0.0.1:*');
    void echo(router);
    return router.lastEndpoint as string;
  },
  connect(place) {
    const dealer = new Dealer({ sendTimeout: 0, linger: 0 });
    dealer.connect(place);
    const open = new Map<number, (body: Bytes) => void>();
    void answer(dealer, open);
    let last = 0;
    return Promise.resolve(
      (body) =>
        new Promise((resolve) => {
          open.set(++last, resolve);
          const id = Buffer.allocUnsafe(4);
          id.writeUInt32BE(last);
          void dealer.send([id, body]);
        }),
    );
  },
};

async function echo(router: Router): Promise<void> {
  for (;;) void router.send(await router.receive());
}

async function answer(dealer: Dealer, open: Map<number, (body: Bytes) => void>): Promise<void> {
  for (;;) {
    const [id, body] = (await dealer.receive()) as [Buffer, Buffer];
    const number = id.readUInt32BE();
    open.get(number)?.(body);
    open.delete(number);
  }
}
