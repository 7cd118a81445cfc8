A paused worker goes on after it was given up: its late reply answers nobody

Pattern: paranoid-pirate
Failure: a paused worker goes on after it was given up

The late reply carries a handle that is no more. It is dropped and counted, and says that the worker is ready again.

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

worker one stands still
            nothing

4000 ms pass
            (3 heartbeats from worker two to the queue)
            (2 heartbeats from the queue to worker two)
            (2 heartbeats from the queue to worker one: 2 sent, 0 heard)
      6001  queue         loses worker one with a request: expired, noticed by heartbeat;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
      6002  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"
            (1 heartbeat each way between worker two and the queue)

worker two answers
      7505  worker two    sends the reply "HELLO" to the queue
      7506  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      7507  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 7505 ms

worker one goes on
worker one answers
      7507  worker one    sends the reply "HELLO" to the queue
            (2 heartbeats from the queue to worker one: 0 sent, 2 heard)
            (1 heartbeat from worker one to the queue)
      7508  queue         hears the reply "HELLO" from worker one; registers worker one; lateReplies is now 1

the queue has counted
      7508  queue         accepted 1, replied 1, deliveries 2, requeued 1, workersRegistered 3, workersLost 1, lateReplies 1
