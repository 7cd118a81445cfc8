A worker that heartbeats at work falls silent, and is given up after three intervals

Pattern: paranoid-pirate
Failure: a worker falls silent at work: frozen, or its link is dead

It was heard in two intervals of its request, so its silence counts: 3 s. There are no pings here. Its attempt would
have timed out by then; this client has more patience than most.

the queue listens, with transportHeartbeatInterval 0
worker one is ready, with transportHeartbeatInterval 0
worker two is ready, with transportHeartbeatInterval 0
client one connects to the queue, with requestTimeout 30000 and transportHeartbeatInterval 0
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

3500 ms pass
            (3 heartbeats each way between worker one and the queue)
            (3 heartbeats each way between worker two and the queue)

nothing passes between worker one and the queue
            nothing

4000 ms pass
            (3 heartbeats from worker one to the queue: 3 sent, 0 heard)
            (3 heartbeats from worker two to the queue)
            (2 heartbeats from the queue to worker two)
            (2 heartbeats from the queue to worker one: 2 sent, 0 heard)
      6001  queue         loses worker one with a request: expired, noticed by heartbeat;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
      6002  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
            (1 heartbeat each way between worker two and the queue)

worker two answers
      7505  worker two    sends the reply "HELLO" to the queue
      7506  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      7507  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 7505 ms
