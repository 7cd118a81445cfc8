"""One of the two servers of a Binary Star, as the reactor of the Guide (chapter 4) has it: one digit a heartbeat, published; a ROUTER
for clients; a client's request as the vote. Two that are active, or two that are passive, are told as `fatal`, and end.
"""

import argparse
import sys
import time

import zmq

from peer import emit, exit_with_parent, texts

PRIMARY, BACKUP, ACTIVE, PASSIVE = 1, 2, 3, 4
NAMES = {PRIMARY: "primary", BACKUP: "backup", ACTIVE: "active", PASSIVE: "passive"}


class Fatal(Exception):
    """Both serve, or both stand by."""


class Star:
    def __init__(self, state, dead_after):
        self.state = state
        self.dead_after = dead_after
        self.peer_expiry = time.monotonic() + dead_after

    def become(self, state):
        self.state = state
        emit("became", state=NAMES[state])

    def hear(self, peer):
        self.peer_expiry = time.monotonic() + self.dead_after
        if self.state == PRIMARY:
            if peer == BACKUP:
                self.become(ACTIVE)
            elif peer == ACTIVE:
                self.become(PASSIVE)
        elif self.state == BACKUP:
            if peer == ACTIVE:
                self.become(PASSIVE)
        elif self.state == ACTIVE:
            if peer == ACTIVE:
                raise Fatal("dual active")
        elif peer in (PRIMARY, BACKUP):
            self.become(ACTIVE)
        elif peer == PASSIVE:
            raise Fatal("dual passive")

    def vote(self):
        """Whether the request of a client may be served."""
        expired = time.monotonic() >= self.peer_expiry
        if self.state in (PRIMARY, PASSIVE) and expired:
            self.become(ACTIVE)
        return self.state == ACTIVE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", choices=["primary", "backup"], required=True)
    parser.add_argument("--frontend", required=True)
    parser.add_argument("--publish", required=True)
    parser.add_argument("--subscribe", required=True)
    parser.add_argument("--heartbeat-ms", type=float, default=1000)
    options = parser.parse_args()
    exit_with_parent()
    context = zmq.Context()
    frontend = context.socket(zmq.ROUTER)
    frontend.bind(options.frontend)
    publisher = context.socket(zmq.PUB)
    publisher.bind(options.publish)
    subscriber = context.socket(zmq.SUB)
    subscriber.setsockopt(zmq.SUBSCRIBE, b"")
    subscriber.connect(options.subscribe)
    heartbeat = options.heartbeat_ms / 1000
    star = Star(PRIMARY if options.role == "primary" else BACKUP, 2 * heartbeat)
    poller = zmq.Poller()
    poller.register(frontend, zmq.POLLIN)
    poller.register(subscriber, zmq.POLLIN)
    emit("ready", role=options.role)
    next_beat = time.monotonic() + heartbeat
    try:
        while True:
            ready = dict(poller.poll(max(0, (next_beat - time.monotonic()) * 1000)))
            if subscriber in ready:
                frames = subscriber.recv_multipart()
                emit("heard", frames=texts(frames))
                star.hear(int(frames[0]))
            if frontend in ready:
                address, *rest = frontend.recv_multipart()
                served = star.vote()
                emit("request", body=texts(rest), served=served)
                if served:
                    frontend.send_multipart([address, rest[0], b"python", *rest[1:]])
            if time.monotonic() >= next_beat:
                publisher.send(str(star.state).encode())
                next_beat = time.monotonic() + heartbeat
    except Fatal as fatal:
        emit("fatal", why=str(fatal))
        sys.exit(1)


main()
