An idle worker is frozen: it gets no request, and its next sign of life brings it back

Pattern: paranoid-pirate
Failure: an idle worker is silent: frozen, or its link is dead

Its silence counts after three intervals, 3 s. What its connection brings when it goes on says that it is ready again.

the queue listens, with transportHeartbeatInterval 0
worker one is ready, with transportHeartbeatInterval 0
worker two is ready, with transportHeartbeatInterval 0
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker one stands still
            nothing

4000 ms pass
            (3 heartbeats from worker two to the queue)
            (2 heartbeats from the queue to worker one: 2 sent, 0 heard)
            (2 heartbeats from the queue to worker two)
      3002  queue         loses worker one: expired, noticed by heartbeat; sends HEARTBEAT to worker two
            (1 heartbeat from worker two to the queue)
            (1 heartbeat from the queue to worker two: 1 sent, 0 heard)

client one asks: "hello"
      4002  client one    connects to the queue; sends the request "hello" to the queue
            (1 heartbeat from the queue to worker two: 0 sent, 1 heard)
      4004  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      4005  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker two answers
      4005  worker two    sends the reply "HELLO" to the queue
      4006  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      4007  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms

worker one goes on
            (2 heartbeats from the queue to worker one: 0 sent, 2 heard)
            (1 heartbeat from worker one to the queue)
      4008  queue         hears HEARTBEAT from worker one; registers worker one

1000 ms pass
      4027  worker one    finds that it stood still for 3007 ms
            (1 heartbeat each way between the queue and worker two)
            (1 heartbeat from worker one to the queue)
            (1 heartbeat from the queue to worker one: 1 sent, 0 heard)
