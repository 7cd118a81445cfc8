"""An MDP/0.1 worker as simple as the specification allows: one thread, which does nothing else while it works.

So while it is busy it sends no heartbeats and reads none. A broker that takes that silence for death would never get an
answer out of it. It answers with its own name and the body it was given.

A first body frame of `sleep:250` makes it work for 250 ms instead of --work-ms, and --slow-every 3 makes every third request
take --slow-ms.
"""

import argparse
import time

import zmq

from peer import emit, exit_with_parent, texts

HEADER = b"MDPW01"
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"


class Worker:
    def __init__(self, options):
        self.options = options
        self.context = zmq.Context()
        self.socket = None
        self.connections = 0
        self.requests = 0

    def run(self):
        while True:
            self.connect()
            self.serve()
            self.socket.close(linger=0)

    def connect(self):
        """A new registration always means a new socket, and so a new address at the broker."""
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(self.options.endpoint)
        self.send(READY, self.options.service.encode("latin-1"))
        self.connections += 1
        emit("ready", name=self.options.name, connection=self.connections)

    def serve(self):
        """Until the broker is silent for too long or sends us away."""
        interval = self.options.heartbeat_ms / 1000
        silent = 0
        next_heartbeat = time.monotonic() + interval
        while True:
            patience = max(0.0, next_heartbeat - time.monotonic())
            if self.socket.poll(patience * 1000):
                command, frames = self.receive()
                if command is not None:
                    silent = 0
                if command == DISCONNECT:
                    emit("disconnected", name=self.options.name)
                    return
                if command == REQUEST:
                    self.work(frames)
                    next_heartbeat = time.monotonic() + interval
            if time.monotonic() >= next_heartbeat:
                silent += 1
                if silent >= self.options.liveness:
                    emit("brokerSilent", name=self.options.name)
                    return
                self.send(HEARTBEAT)
                next_heartbeat = time.monotonic() + interval

    def receive(self):
        frames = self.socket.recv_multipart()
        if len(frames) < 3 or frames[0] != b"" or frames[1] != HEADER or len(frames[2]) != 1:
            emit("invalid", name=self.options.name, frames=texts(frames))
            return None, []
        return frames[2], frames[3:]

    def work(self, frames):
        """REQUEST: exactly one address frame, an empty frame, then the body."""
        if len(frames) < 3 or frames[1] != b"":
            emit("invalid", name=self.options.name, frames=texts(frames))
            return
        address, body = frames[0], frames[2:]
        self.requests += 1
        emit("request", name=self.options.name, address=address.hex(), body=texts(body))
        time.sleep(self.duration(body[0]) / 1000)
        self.send(REPLY, address, b"", self.options.name.encode("latin-1"), *body)
        emit("reply", name=self.options.name, body=texts(body))

    def duration(self, first):
        if first.startswith(b"sleep:"):
            return float(first[6:])
        slow = self.options.slow_every > 0 and self.requests % self.options.slow_every == 0
        return self.options.slow_ms if slow else self.options.work_ms

    def send(self, command, *frames):
        self.socket.send_multipart([b"", HEADER, command, *frames])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--name", default="python")
    parser.add_argument("--work-ms", type=float, default=0)
    parser.add_argument("--slow-every", type=int, default=0)
    parser.add_argument("--slow-ms", type=float, default=0)
    parser.add_argument("--heartbeat-ms", type=float, default=2500)
    parser.add_argument("--liveness", type=int, default=3)
    options = parser.parse_args()
    exit_with_parent()
    Worker(options).run()


main()
