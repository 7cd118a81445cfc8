"""A plain SUB socket: tells of each message that it hears."""

import argparse

import zmq

from peer import emit, exit_with_parent, texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--topic", default="")
    options = parser.parse_args()
    exit_with_parent()
    socket = zmq.Context().socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, options.topic.encode())
    socket.connect(options.endpoint)
    emit("connected")
    while True:
        emit("heard", frames=texts(socket.recv_multipart()))


main()
