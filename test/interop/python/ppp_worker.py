"""A Paranoid Pirate worker with one thread, which does nothing else while it works: no heartbeat is sent, and none is read.

A request is exactly three frames: address, empty frame, body; whatever else comes is invalid and dropped. While nothing comes from the
queue it counts intervals; when --liveness of them have passed it waits, opens a new socket and says READY again. Each wait is twice as long
as the last, from --reconnect-ms to --reconnect-most-ms, until it hears something. It answers with its own name and the body it was given.

A body of `sleep:250` makes it work for 250 ms instead of --work-ms.
"""

import argparse
import random
import time

import zmq

from peer import emit, exit_with_parent, text, texts

READY, HEARTBEAT = b"\x01", b"\x02"


class Worker:
    def __init__(self, options):
        self.options = options
        self.context = zmq.Context()
        self.socket = None
        self.pause = options.reconnect_ms

    def run(self):
        while True:
            self.connect()
            self.serve()
            emit("queueSilent", name=self.options.name, pause=self.pause)
            time.sleep(self.pause / 1000)
            self.pause = min(self.pause * 2, self.options.reconnect_most_ms)
            self.socket.close(linger=0)

    def connect(self):
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.setsockopt(zmq.IDENTITY, b"%04X-%04X" % (random.randrange(0x10000), random.randrange(0x10000)))
        self.socket.connect(self.options.endpoint)
        self.socket.send(READY)
        emit("ready", name=self.options.name)

    def serve(self):
        """Until the queue was silent for too long."""
        interval = self.options.heartbeat_ms
        liveness = self.options.liveness
        next_heartbeat = time.monotonic() + interval / 1000
        while True:
            if self.socket.poll(interval):
                frames = self.socket.recv_multipart()
                if len(frames) == 3:
                    self.work(frames)
                    liveness = self.options.liveness
                elif frames == [HEARTBEAT]:
                    liveness = self.options.liveness
                else:
                    emit("invalid", name=self.options.name, frames=texts(frames))
                self.pause = self.options.reconnect_ms
            else:
                liveness -= 1
                if liveness == 0:
                    return
            if time.monotonic() > next_heartbeat:
                next_heartbeat = time.monotonic() + interval / 1000
                self.socket.send(HEARTBEAT)

    def work(self, frames):
        client, empty, body = frames
        emit("request", name=self.options.name, address=client.hex(), body=[text(body)])
        time.sleep((float(body[6:]) if body.startswith(b"sleep:") else self.options.work_ms) / 1000)
        self.socket.send_multipart([client, empty, self.options.name.encode("latin-1"), body])
        emit("reply", name=self.options.name, body=[text(body)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--name", default="python")
    parser.add_argument("--work-ms", type=float, default=0)
    parser.add_argument("--heartbeat-ms", type=float, default=1000)
    parser.add_argument("--liveness", type=int, default=3)
    parser.add_argument("--reconnect-ms", type=float, default=1000)
    parser.add_argument("--reconnect-most-ms", type=float, default=32000)
    options = parser.parse_args()
    exit_with_parent()
    Worker(options).run()


main()
