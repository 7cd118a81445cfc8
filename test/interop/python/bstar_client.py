"""The client of a Binary Star as the Guide (chapter 4) has it: a REQ for one of two servers. No answer in time costs the socket, and after the
settle delay the other server is asked, and so on for ever.
"""

import argparse
import time

import zmq

from peer import emit, exit_with_parent, texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", action="append", required=True)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--timeout-ms", type=float, default=1000)
    parser.add_argument("--settle-ms", type=float, default=2000)
    parser.add_argument("--pause-ms", type=float, default=0)
    options = parser.parse_args()
    exit_with_parent()
    context = zmq.Context()

    def opened(at):
        socket = context.socket(zmq.REQ)
        socket.linger = 0
        socket.connect(options.server[at])
        return socket

    at = 0
    socket = opened(at)
    emit("ready")
    for number in range(options.requests):
        while True:
            socket.send_multipart([str(number).encode()])
            if socket.poll(options.timeout_ms):
                emit("reply", request=number, at=at, body=texts(socket.recv_multipart()))
                break
            socket.close(linger=0)
            time.sleep(options.settle_ms / 1000)
            at = (at + 1) % len(options.server)
            emit("turned", request=number, to=at)
            socket = opened(at)
        time.sleep(options.pause_ms / 1000)
    emit("done")


main()
