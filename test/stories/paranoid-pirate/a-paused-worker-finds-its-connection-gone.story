A paused worker whose connection was cut goes on, and says READY on a new one

Pattern: paranoid-pirate
Failure: a paused worker goes on after it was given up

The pings have cut its connection. It finds that out itself; its result has nobody to go to.

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

worker two answers at once from now on

5000 ms pass
            (2 heartbeats each way between worker two and the queue)
            (2 heartbeats from the queue to worker one: 2 sent, 0 heard)
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2604  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2605  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      2606  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      2607  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 2605 ms
            (1 heartbeat from the queue to worker one: 1 sent, 0 heard)
            (1 heartbeat each way between the queue and worker two)
    3956.9  queue         loses worker one with a request: disconnected, noticed by transport;
                          drops a request: its client has left (deliveries 1)
            (1 heartbeat each way between the queue and worker two)

worker one goes on
            (2 heartbeats from the queue to worker one: 0 sent, 2 heard)
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
      5005  worker one    hears HEARTBEAT from the queue; its handler is told that nobody waits any more;
                          loses the queue: disconnected; tries again when its handler has ended

worker one answers
      5005  worker one    discards the result: nobody waits for it

2000 ms pass
      5025  worker one    finds that it stood still for 4005 ms
            (1 heartbeat each way between the queue and worker two)
      6005  worker one    connects to the queue; sends READY to the queue
      6007  queue         hears READY from worker one; registers worker one
            (1 heartbeat each way between the queue and worker two)
            (1 heartbeat from worker one to the queue: 1 sent, 0 heard)
