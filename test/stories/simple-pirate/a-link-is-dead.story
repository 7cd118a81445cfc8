A link goes dead under an idle worker, which is given a request before anybody notices

Pattern: simple-pirate
Failure: a worker is frozen, or its link is dead

Nothing passes either way, and nobody is told. The request that it was given meanwhile is dropped when the ping fails.
The worker finds out by its own ping, and says READY on a new connection when the link is back.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker two answers at once from now on

nothing passes between worker one and the queue
            nothing

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one

5000 ms pass
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
    3516.5  queue         a message is lost on the way to worker one
    3516.5  worker one    loses the queue: disconnected; tries again in 500 ms
    3912.9  queue         loses worker one with a request: disconnected, noticed by transport;
                          drops a request: its client has left (deliveries 1)
    4016.5  worker one    connects to the queue; sends READY to the queue

everything passes between worker one and the queue again
            nothing

2000 ms pass
    5403.5  queue         hears READY from worker one; registers worker one

the queue has counted
      7004  queue         accepted 2, replied 1, dropped 1, deliveries 2, workersRegistered 3, workersLost 1
