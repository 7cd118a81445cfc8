"""A server of the Guide's Freelance models, written from 10/FLP and the Guide's text.

addressed: a ROUTER whose identity is its endpoint. PING is answered with PONG; a request is a control frame and a body, and the control frame
comes back before the answer. shotgun: a REP that returns the first frame, the sequence, before the answer. (The server of the sequential model
is any REP: rep_server.py.) The answer is the server's name and the body. Request number --silent-on (counted from 1) is not answered.
"""

import argparse

import zmq

from peer import emit, exit_with_parent, text, texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--model", choices=["addressed", "shotgun"], default="addressed")
    parser.add_argument("--name", default="python")
    parser.add_argument("--silent-on", type=int, default=0)
    options = parser.parse_args()
    exit_with_parent()
    addressed = options.model == "addressed"
    socket = zmq.Context().socket(zmq.ROUTER if addressed else zmq.REP)
    socket.linger = 500
    if addressed:
        socket.setsockopt(zmq.IDENTITY, options.endpoint.encode())
    socket.bind(options.endpoint)
    emit("ready", endpoint=options.endpoint)
    number = 0
    while True:
        frames = socket.recv_multipart()
        address = [frames.pop(0)] if addressed else []
        if addressed and frames == [b"PING"]:
            emit("ping")
            socket.send_multipart([*address, b"PONG"])
            continue
        control, *body = frames
        number += 1
        emit("request", number=number, control=text(control), body=texts(body))
        if number != options.silent_on:
            socket.send_multipart([*address, control, options.name.encode(), *body])


main()
