"""A plain PUB socket: publishes one message after another until its parent has gone.

Each message is the topic, an empty frame and a number.
"""

import argparse
import time

import zmq

from peer import emit, exit_with_parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", default="tcp://127.0.0.1:*")
    parser.add_argument("--topic", default="news")
    parser.add_argument("--every-ms", type=float, default=2)
    options = parser.parse_args()
    exit_with_parent()
    socket = zmq.Context().socket(zmq.PUB)
    socket.linger = 0
    socket.bind(options.endpoint)
    emit("ready", endpoint=socket.last_endpoint.decode())
    number = 0
    while True:
        socket.send_multipart([options.topic.encode(), b"", str(number).encode()])
        number += 1
        time.sleep(options.every_ms / 1000)


main()
