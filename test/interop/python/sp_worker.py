"""A Simple Pirate worker: a REQ socket that says READY once and then answers one request after another.

It has no heartbeats and no patience: when its queue is gone it waits for the next request for ever. It answers with its own name and the
body it was given. Request number --crash-on (counted from 1) kills the process. A first body frame of `sleep:250` makes it work for 250 ms.
"""

import argparse
import os
import random
import time

import zmq

from peer import emit, exit_with_parent, texts

READY = b"\x01"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--name", default="python")
    parser.add_argument("--crash-on", type=int, default=0)
    options = parser.parse_args()
    exit_with_parent()
    socket = zmq.Context().socket(zmq.REQ)
    socket.linger = 0
    socket.setsockopt(zmq.IDENTITY, b"%04X-%04X" % (random.randrange(0x10000), random.randrange(0x10000)))
    socket.connect(options.endpoint)
    socket.send(READY)
    emit("ready", name=options.name)
    number = 0
    while True:
        frames = socket.recv_multipart()
        if len(frames) < 3 or frames[1] != b"":
            emit("invalid", name=options.name, frames=texts(frames))
            socket.send_multipart(frames)
            continue
        number += 1
        client, body = frames[0], frames[2:]
        emit("request", name=options.name, address=client.hex(), body=texts(body))
        if number == options.crash_on:
            os.kill(os.getpid(), 9)
        if body[0].startswith(b"sleep:"):
            time.sleep(float(body[0][6:]) / 1000)
        socket.send_multipart([client, b"", options.name.encode("latin-1"), *body])
        emit("reply", name=options.name, body=texts(body))


main()
