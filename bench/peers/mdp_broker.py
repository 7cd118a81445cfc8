"""A Majordomo broker (MDP/0.1, RFC 7) in Python on pyzmq: what ours is compared with.

Like mdp_broker.c, it does what the RFC asks and no more: workers of a service are used in turn, one request each, with heartbeats
both ways; it has no limits, no request expiry and no second delivery. It writes its endpoint as one line, and ends when its standard
input does.
"""

import sys
import time
from collections import OrderedDict, deque

import zmq

HEARTBEAT_S = 2.5
EXPIRY_S = 3 * HEARTBEAT_S
BURST = 256
CLIENT = b"MDPC01"
WORKER = b"MDPW01"
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = (bytes([n]) for n in range(1, 6))


class Service:
    __slots__ = ("name", "requests", "waiting")

    def __init__(self, name):
        self.name = name
        self.requests = deque()
        # Ids of workers, longest waiting first; ordered, and one that dies is taken out at once.
        self.waiting = OrderedDict()


class Worker:
    __slots__ = ("id", "service", "expires")

    def __init__(self, id, service):
        self.id = id
        self.service = service
        self.expires = 0.0


class Broker:
    def __init__(self, router):
        self.send = router.send_multipart
        self.receive = router.recv_multipart
        self.services = {}
        self.workers = {}
        self.now = time.monotonic()

    def service_named(self, name):
        service = self.services.get(name)
        if service is None:
            service = self.services[name] = Service(name)
        return service

    def employ(self, worker):
        service = worker.service
        if service.requests:
            client, body = service.requests.popleft()
            self.send([worker.id, b"", WORKER, REQUEST, client, b"", *body])
        else:
            service.waiting[worker.id] = worker

    def remove(self, worker):
        worker.service.waiting.pop(worker.id, None)
        del self.workers[worker.id]

    def from_client(self, frames):
        service = self.service_named(frames[3])
        if service.waiting:
            id, _ = service.waiting.popitem(last=False)
            self.send([id, b"", WORKER, REQUEST, frames[0], b"", *frames[4:]])
        else:
            service.requests.append((frames[0], frames[4:]))

    def from_worker(self, frames):
        id, command = frames[0], frames[3]
        worker = self.workers.get(id)
        if worker is not None:
            worker.expires = self.now + EXPIRY_S
        if command == REPLY and worker is not None and id not in worker.service.waiting and len(frames) >= 7:
            self.send([frames[4], b"", CLIENT, worker.service.name, *frames[6:]])
            self.employ(worker)
        elif command == READY and worker is None and len(frames) >= 5:
            worker = self.workers[id] = Worker(id, self.service_named(frames[4]))
            worker.expires = self.now + EXPIRY_S
            self.employ(worker)
        elif command == DISCONNECT:
            if worker is not None:
                self.remove(worker)
        elif command != HEARTBEAT or worker is None:
            self.send([id, b"", WORKER, DISCONNECT])
            if worker is not None:
                self.remove(worker)

    def burst(self):
        """Handles what is there, up to a burst; whether there may be more."""
        try:
            for _ in range(BURST):
                frames = self.receive(zmq.DONTWAIT)
                if len(frames) < 4 or frames[1]:
                    continue
                if frames[2] == CLIENT and len(frames) >= 5:
                    self.from_client(frames)
                elif frames[2] == WORKER:
                    self.from_worker(frames)
        except zmq.Again:
            return False
        return True

    def beat(self):
        for worker in list(self.workers.values()):
            if worker.expires < self.now:
                self.remove(worker)
            else:
                self.send([worker.id, b"", WORKER, HEARTBEAT])


def main():
    router = zmq.Context().socket(zmq.ROUTER)
    router.backlog = 4096
    router.linger = 0
    router.bind("tcp://127.0.0.1:*")
    print(router.last_endpoint.decode().rstrip("\0"), flush=True)
    broker = Broker(router)
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    next_beat = broker.now + HEARTBEAT_S
    while True:
        more = broker.burst()
        broker.now = time.monotonic()
        if broker.now >= next_beat:
            broker.beat()
            next_beat = broker.now + HEARTBEAT_S
        if more:
            continue
        events = dict(poller.poll(max(0, (next_beat - broker.now) * 1000)))
        broker.now = time.monotonic()
        if sys.stdin.fileno() in events:
            return


main()
