"""A plain REP socket: answers each request with its own frames.

Request number --crash-on (counted from 1) is read and kills the process; every --slow-every-th one is answered after --slow-ms. Frames are
what a REP socket gives: the envelope is its own affair.
"""

import argparse
import os
import time

import zmq

from peer import emit, exit_with_parent, texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", default="tcp://127.0.0.1:*")
    parser.add_argument("--name", default="python")
    parser.add_argument("--crash-on", type=int, default=0)
    parser.add_argument("--slow-every", type=int, default=0)
    parser.add_argument("--slow-ms", type=float, default=0)
    options = parser.parse_args()
    exit_with_parent()
    socket = zmq.Context().socket(zmq.REP)
    socket.linger = 500
    socket.bind(options.endpoint)
    emit("ready", endpoint=socket.last_endpoint.decode())
    number = 0
    while True:
        frames = socket.recv_multipart()
        number += 1
        emit("request", number=number, body=texts(frames))
        if number == options.crash_on:
            os.kill(os.getpid(), 9)
        if options.slow_every and number % options.slow_every == 0:
            time.sleep(options.slow_ms / 1000)
        socket.send_multipart([options.name.encode(), *frames])


main()
