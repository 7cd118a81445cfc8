"""A Paranoid Pirate queue to which any sign of life means ready: whatever a worker sends puts it at the end of the list of those that are.

So a heartbeat of a worker that has a request in hand gets it another one. Heartbeats go only to the workers that are listed, not to those at
work; with --lazy-heartbeats only after something has come from a worker. A worker that dies at work takes its request with it.
"""

import argparse
import time
from collections import OrderedDict

import zmq

from peer import emit, exit_with_parent, text, texts

READY, HEARTBEAT = b"\x01", b"\x02"


class Queue:
    def __init__(self, options):
        self.options = options
        self.interval = options.heartbeat_ms / 1000
        self.patience = self.interval * options.liveness
        context = zmq.Context()
        self.front, self.back = context.socket(zmq.ROUTER), context.socket(zmq.ROUTER)
        self.front.linger = self.back.linger = 0
        self.front.bind(options.frontend)
        self.back.bind(options.backend)
        # When each expires, the least recently heard of first.
        self.ready = OrderedDict()
        self.next_heartbeat = time.monotonic() + self.interval
        emit("ready", frontend=text(self.front.last_endpoint), backend=text(self.back.last_endpoint))

    def run(self):
        poll_workers, poll_both = zmq.Poller(), zmq.Poller()
        poll_workers.register(self.back, zmq.POLLIN)
        poll_both.register(self.back, zmq.POLLIN)
        poll_both.register(self.front, zmq.POLLIN)
        while True:
            events = dict((poll_both if self.ready else poll_workers).poll(self.options.heartbeat_ms))
            if self.back in events:
                self.from_worker(*self.back.recv_multipart())
                if self.options.lazy_heartbeats:
                    self.heartbeat()
            if self.front in events:
                self.from_client(self.front.recv_multipart())
            if not self.options.lazy_heartbeats:
                self.heartbeat()
            self.purge()

    def from_worker(self, worker, *frames):
        """Listed first, understood later."""
        known = self.ready.pop(worker, None) is not None
        self.ready[worker] = time.monotonic() + self.patience
        if len(frames) == 1:
            if frames[0] not in (READY, HEARTBEAT):
                emit("invalid", worker=worker.hex(), frames=texts(frames))
            kind = {READY: "ready", HEARTBEAT: "heartbeat"}.get(frames[0], "invalid")
        else:
            self.front.send_multipart(frames)
            emit("forwarded", worker=worker.hex(), body=texts(frames[2:]))
            kind = "reply"
        emit("heard", worker=worker.hex(), kind=kind, listed=known)

    def from_client(self, frames):
        worker, _ = self.ready.popitem(last=False)
        self.back.send_multipart([worker, *frames])
        emit("dispatched", worker=worker.hex(), body=texts(frames[2:]))

    def heartbeat(self):
        if time.monotonic() >= self.next_heartbeat:
            for worker in self.ready:
                self.back.send_multipart([worker, HEARTBEAT])
            self.next_heartbeat = time.monotonic() + self.interval

    def purge(self):
        """From the head, as far as the first that lives."""
        while self.ready:
            worker, expiry = next(iter(self.ready.items()))
            if expiry > time.monotonic():
                return
            del self.ready[worker]
            emit("purged", worker=worker.hex())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--frontend", default="tcp://127.0.0.1:*")
    parser.add_argument("--backend", default="tcp://127.0.0.1:*")
    parser.add_argument("--heartbeat-ms", type=float, default=1000)
    parser.add_argument("--liveness", type=int, default=3)
    parser.add_argument("--lazy-heartbeats", action="store_true")
    options = parser.parse_args()
    exit_with_parent()
    Queue(options).run()


main()
