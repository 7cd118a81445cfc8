A worker is frozen with its first request: the ping finds it out

Pattern: paranoid-pirate
Failure: a worker falls silent at work: frozen, or its link is dead

Its silence means nothing yet, but its transport is as silent. The client's attempt times out first; another worker
replies to the next. The frozen one's request is taken back, and run for nobody, unless the queue knows that its client
has left.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
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

worker one stands still
            nothing

worker two takes 500 ms for each request from now on

5000 ms pass
            (2 heartbeats each way between worker two and the queue)
            (2 heartbeats from the queue to worker one: 2 sent, 0 heard)
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2604  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2605  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"
            (1 heartbeat from worker two to the queue)
            (1 heartbeat from the queue to worker one: 1 sent, 0 heard)
      3105  worker two    sends the reply "HELLO" to the queue
      3106  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      3107  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 3105 ms
            (1 heartbeat from the queue to worker two)
    3956.9  queue         loses worker one with a request: disconnected, noticed by transport;
                          drops a request: its client has left (deliveries 1)
            (1 heartbeat each way between worker two and the queue)

the queue has counted
      5005  queue         accepted 2, replied 1, dropped 1, deliveries 2, workersRegistered 2, workersLost 1
