"""A Simple Pirate queue: two ROUTER sockets and a list of workers, each of which is ready again as soon as it has answered.

Nothing tells it that a worker has died: whatever it gives that worker is lost. Clients are read only while a worker is listed.
"""

import argparse
from collections import deque

import zmq

from peer import emit, exit_with_parent, text, texts

READY = b"\x01"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--frontend", default="tcp://127.0.0.1:*")
    parser.add_argument("--backend", default="tcp://127.0.0.1:*")
    options = parser.parse_args()
    exit_with_parent()
    context = zmq.Context()
    front, back = context.socket(zmq.ROUTER), context.socket(zmq.ROUTER)
    front.linger = back.linger = 0
    front.bind(options.frontend)
    back.bind(options.backend)
    emit("ready", frontend=text(front.last_endpoint), backend=text(back.last_endpoint))
    poll_workers, poll_both = zmq.Poller(), zmq.Poller()
    poll_workers.register(back, zmq.POLLIN)
    poll_both.register(back, zmq.POLLIN)
    poll_both.register(front, zmq.POLLIN)
    workers = deque()
    while True:
        events = dict((poll_both if workers else poll_workers).poll())
        if back in events:
            worker, empty, *frames = back.recv_multipart()
            if empty != b"" or not frames:
                emit("invalid", frames=texts(frames))
                continue
            workers.append(worker)
            # A client whose address began with this byte would never hear its answer: no ROUTER makes one up that does.
            if frames[0][:1] == READY:
                emit("listed", worker=worker.hex())
            else:
                front.send_multipart(frames)
                emit("forwarded", worker=worker.hex(), body=texts(frames[2:]))
        if front in events:
            request = front.recv_multipart()
            worker = workers.popleft()
            back.send_multipart([worker, b"", *request])
            emit("dispatched", worker=worker.hex(), body=texts(request[2:]))


main()
