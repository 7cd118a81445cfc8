"""libzmq's own queue device between clients and a broker: a ROUTER in front, a DEALER behind.

Each message gains the client's address in front of the empty frame on its way in, and must have it on its way back.
"""

import argparse

import zmq

from peer import emit, exit_with_parent, text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True, help="the broker behind the device")
    options = parser.parse_args()
    exit_with_parent()
    context = zmq.Context()
    front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    front.linger = back.linger = 0
    front.bind("tcp://127.0.0.1:*")
    back.connect(options.endpoint)
    emit("ready", endpoint=text(front.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0")))
    zmq.proxy(front, back)


main()
