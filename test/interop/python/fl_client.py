"""A client of the Guide's Freelance models, written from 10/FLP and the Guide's text.

addressed: a ROUTER without an identity of its own that addresses each server by its endpoint; the control frame is the number of the request.
It pings all servers, and sends each request to the first of them that has answered. shotgun: a DEALER connected to all servers, one copy of
each request for each of them, told apart by a sequence; the first answer wins. (The client of the sequential model is any REQ: req_client.py.)
"""

import argparse
import time

import zmq

from peer import emit, exit_with_parent, text, texts


def addressed(context, options):
    socket = context.socket(zmq.ROUTER)
    socket.linger = 0
    for endpoint in options.endpoint:
        socket.connect(endpoint)
    # A ROUTER drops what is for a server whose handshake is not over yet.
    time.sleep(0.3)
    alive = []
    for endpoint in options.endpoint:
        socket.send_multipart([endpoint.encode(), b"PING"])

    def receive(milliseconds):
        """The next reply that is no PONG, as [endpoint, control, body...]."""
        until = time.monotonic() + milliseconds / 1000
        while (left := until - time.monotonic()) > 0:
            if not socket.poll(left * 1000):
                return None
            frames = socket.recv_multipart()
            if frames[0] not in alive:
                alive.append(frames[0])
                emit("alive", endpoint=text(frames[0]))
            if frames[1:] != [b"PONG"]:
                return frames
        return None

    receive(500)
    for number in range(options.requests):
        control = str(number).encode()
        body = [control] + [part.encode("latin-1") for part in options.body]
        socket.send_multipart([alive[0], control, *body])
        reply = receive(options.timeout_ms)
        if reply is None:
            emit("abandoned", request=number)
        else:
            emit("reply", request=number, endpoint=text(reply[0]), control=text(reply[1]), body=texts(reply[2:]))


def shotgun(context, options):
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    for endpoint in options.endpoint:
        socket.connect(endpoint)
    time.sleep(0.3)
    for number in range(options.requests):
        sequence = str(number).encode()
        for _ in options.endpoint:
            socket.send_multipart([b"", sequence, sequence, *[part.encode("latin-1") for part in options.body]])
        until = time.monotonic() + options.timeout_ms / 1000
        while (left := until - time.monotonic()) > 0 and socket.poll(left * 1000):
            empty, answered, *body = socket.recv_multipart()
            if answered == sequence:
                emit("reply", request=number, empty=text(empty), body=texts(body))
                break
        else:
            emit("abandoned", request=number)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["addressed", "shotgun"], default="addressed")
    parser.add_argument("--endpoint", action="append", required=True)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--timeout-ms", type=float, default=2500)
    parser.add_argument("--body", action="append", default=[])
    options = parser.parse_args()
    exit_with_parent()
    emit("ready")
    {"addressed": addressed, "shotgun": shotgun}[options.model](zmq.Context(), options)
    emit("done")


main()
