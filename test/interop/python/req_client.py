"""A REQ client that tries again, as the Guide describes the Lazy Pirate: no answer in time costs the socket, and a new one asks again.

With --correlate the REQ puts its four-byte id into the envelope.
"""

import argparse

import zmq

from peer import emit, exit_with_parent, texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--retries", type=int, default=3)
    parser.add_argument("--timeout-ms", type=float, default=2500)
    parser.add_argument("--correlate", action="store_true")
    parser.add_argument("--body", action="append", default=[])
    options = parser.parse_args()
    exit_with_parent()
    context = zmq.Context()

    def opened():
        socket = context.socket(zmq.REQ)
        socket.linger = 0
        if options.correlate:
            socket.setsockopt(zmq.REQ_CORRELATE, 1)
        socket.connect(options.endpoint)
        return socket

    socket = opened()
    emit("ready")
    for number in range(options.requests):
        body = [str(number).encode()] + [part.encode("latin-1") for part in options.body]
        for attempt in range(1, options.retries + 1):
            socket.send_multipart(body)
            emit("asked", request=number, attempt=attempt)
            if socket.poll(options.timeout_ms):
                emit("reply", request=number, attempt=attempt, body=texts(socket.recv_multipart()))
                break
            socket.close(linger=0)
            socket = opened()
        else:
            emit("abandoned", request=number)
    emit("done")


main()
