"""A small MDP/0.1 broker with MMI: one ROUTER, heartbeats both ways, expiry, DISCONNECT for whoever is out of order.

It has no extension of any kind. It keeps requests for services without workers for ever, and forgets a request whose worker
vanished, both of which the specification allows: recovering is its clients' business.
"""

import argparse
import time
from collections import OrderedDict, deque

import zmq

from peer import emit, exit_with_parent, text, texts

CLIENT, WORKER = b"MDPC01", b"MDPW01"
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"


class Service:
    def __init__(self, name):
        self.name = name
        self.requests = deque()
        self.idle = OrderedDict()
        self.workers = 0


class Worker:
    def __init__(self, address, service, expiry):
        self.address = address
        self.service = service
        self.expiry = expiry
        self.client = None
        self.next_heartbeat = 0.0


class Broker:
    def __init__(self, options):
        self.interval = options.heartbeat_ms / 1000
        self.patience = self.interval * options.liveness
        self.services = {}
        self.workers = {}
        self.socket = zmq.Context().socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.bind(options.endpoint)
        emit("ready", endpoint=text(self.socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0")))

    def run(self):
        tick = self.interval / 4
        while True:
            if self.socket.poll(tick * 1000):
                self.handle(self.socket.recv_multipart())
            now = time.monotonic()
            self.expire(now)
            self.heartbeat(now)

    def handle(self, frames):
        sender = frames[0]
        if len(frames) < 4 or frames[1] != b"":
            emit("invalid", frames=texts(frames[1:]))
        elif frames[2] == CLIENT and len(frames) >= 5:
            self.from_client(sender, frames[3], frames[4:])
        elif frames[2] == WORKER:
            self.from_worker(sender, frames[3], frames[4:])
        else:
            emit("invalid", frames=texts(frames[1:]))

    def from_client(self, client, name, body):
        if name.startswith(b"mmi."):
            self.answer(client, name, [self.manage(name, body)])
            return
        service = self.service(name)
        service.requests.append((client, body))
        self.dispatch(service)

    def manage(self, name, body):
        """8/MMI: 200 if the service has a worker, 404 if not, 501 for every other question."""
        if name != b"mmi.service":
            return b"501"
        service = self.services.get(body[0])
        return b"200" if service is not None and service.workers > 0 else b"404"

    def from_worker(self, address, command, frames):
        worker = self.workers.get(address)
        if worker is not None:
            worker.expiry = time.monotonic() + self.patience
        if command == READY and worker is None and len(frames) >= 1 and not frames[0].startswith(b"mmi."):
            self.register(address, frames[0])
        elif command == REPLY and worker is not None and worker.client is not None and len(frames) >= 3 and frames[1] == b"":
            self.finish(worker, frames[0], frames[2:])
        elif command == HEARTBEAT and worker is not None:
            pass
        elif command == DISCONNECT:
            if worker is not None:
                self.forget(worker, "left")
        else:
            emit("outOfOrder", command=command.hex(), known=worker is not None)
            if worker is not None:
                self.forget(worker, "outOfOrder")
            self.send(address, WORKER, DISCONNECT)

    def register(self, address, name):
        service = self.service(name)
        worker = Worker(address, service, time.monotonic() + self.patience)
        worker.next_heartbeat = time.monotonic() + self.interval
        self.workers[address] = worker
        service.workers += 1
        service.idle[address] = worker
        emit("registered", service=text(name))
        self.dispatch(service)

    def finish(self, worker, client, body):
        if client != worker.client:
            emit("wrongAddress", service=text(worker.service.name))
            self.forget(worker, "wrongAddress")
            self.send(worker.address, WORKER, DISCONNECT)
            return
        worker.client = None
        worker.service.idle[worker.address] = worker
        self.answer(client, worker.service.name, body)
        self.dispatch(worker.service)

    def dispatch(self, service):
        while service.requests and service.idle:
            client, body = service.requests.popleft()
            _, worker = service.idle.popitem(last=False)
            worker.client = client
            self.send(worker.address, WORKER, REQUEST, client, b"", *body)
            emit("dispatched", service=text(service.name), body=texts(body))

    def expire(self, now):
        for worker in [worker for worker in self.workers.values() if worker.expiry <= now]:
            self.forget(worker, "silent")

    def heartbeat(self, now):
        """To the busy ones too: the specification makes no exception for them."""
        for worker in self.workers.values():
            if worker.next_heartbeat <= now:
                self.send(worker.address, WORKER, HEARTBEAT)
                worker.next_heartbeat = now + self.interval

    def forget(self, worker, why):
        del self.workers[worker.address]
        worker.service.workers -= 1
        worker.service.idle.pop(worker.address, None)
        emit("forgotten", service=text(worker.service.name), why=why, busy=worker.client is not None)

    def service(self, name):
        return self.services.setdefault(name, Service(name))

    def answer(self, client, name, body):
        self.send(client, CLIENT, name, *body)

    def send(self, address, *frames):
        self.socket.send_multipart([address, b"", *frames])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", default="tcp://127.0.0.1:*")
    parser.add_argument("--heartbeat-ms", type=float, default=2500)
    parser.add_argument("--liveness", type=int, default=3)
    options = parser.parse_args()
    exit_with_parent()
    Broker(options).run()


main()
