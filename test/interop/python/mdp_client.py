"""An MDP/0.1 client: a REQ socket, or with --dealer a DEALER that adds the empty frame itself.

Asks --requests times, one at a time, and says what came of each. With --correlate the REQ socket puts libzmq's four-byte
request id into the envelope, as careful REQ users do: then a late answer to a request that was given up is skipped by the
socket. Without it a request that was given up costs a new socket, which is the only way to be rid of its answer.

Request number i carries the body frames `i`, then those given with --body.
"""

import argparse
import time

import zmq

from peer import emit, exit_with_parent, text, texts

HEADER = b"MDPC01"


class Client:
    def __init__(self, options):
        self.options = options
        self.context = zmq.Context()
        self.socket = None

    def run(self):
        self.open()
        emit("ready")
        for number in range(self.options.requests):
            self.ask(number)
        emit("done")

    def open(self):
        if self.socket is not None:
            self.socket.close(linger=0)
        self.socket = self.context.socket(zmq.DEALER if self.options.dealer else zmq.REQ)
        self.socket.linger = 0
        if self.options.correlate:
            self.socket.setsockopt(zmq.REQ_CORRELATE, 1)
            self.socket.setsockopt(zmq.REQ_RELAXED, 1)
        self.socket.connect(self.options.endpoint)

    def ask(self, number):
        body = [str(number).encode()] + [part.encode("latin-1") for part in self.options.body]
        service = self.options.service.encode("latin-1")
        asked = time.monotonic()
        self.socket.send_multipart(([b""] if self.options.dealer else []) + [HEADER, service, *body])
        if not self.socket.poll(self.options.timeout_ms):
            emit("timeout", request=number)
            if not self.options.correlate:
                self.open()
            return
        frames = self.socket.recv_multipart()
        took = round((time.monotonic() - asked) * 1000, 3)
        if self.options.dealer:
            if frames[0] != b"":
                emit("invalid", request=number, frames=texts(frames))
                return
            frames = frames[1:]
        if len(frames) < 3 or frames[0] != HEADER or frames[1] != service:
            emit("invalid", request=number, frames=texts(frames))
            return
        emit("reply", request=number, service=text(frames[1]), body=texts(frames[2:]), took=took)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--timeout-ms", type=float, default=2500)
    parser.add_argument("--dealer", action="store_true")
    parser.add_argument("--correlate", action="store_true")
    parser.add_argument("--body", action="append", default=[])
    options = parser.parse_args()
    exit_with_parent()
    Client(options).run()


main()
