A worker hangs, its connection alive: busyLimit takes its request away

Pattern: simple-pirate
Failure: a worker hangs, its connection alive

The request is dropped, and the client asks again. The worker that hangs is not asked again before it answers.

the queue listens, with busyLimit 2000
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker two answers at once from now on

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

time passes until every request has its outcome
      2004  queue         loses worker one with a request: busy-limit, noticed by limit;
                          gives a request up: worker-lost (deliveries 1)
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

worker one answers
      2607  worker one    sends the reply "HELLO" to the queue
      2608  queue         hears the reply "HELLO" from worker one; registers worker one; lateReplies is now 1

client one asks: "again"
      2608  client one    sends the request "again" to the queue
      2609  queue         hears the request "again" from client one;
                          sends the request "again" (delivery 1) to worker two
      2610  worker two    hears the request "again" (delivery 1) from the queue; begins to work on "again";
                          sends the reply "AGAIN" to the queue
      2611  queue         hears the reply "AGAIN" from worker two; sends the answer "AGAIN" to client one
      2612  client one    hears the answer "AGAIN" from the queue;
                          has the answer to "again": "AGAIN" (attempt replied) after 4 ms

client one asks: "and again"
      2612  client one    sends the request "and again" to the queue
      2613  queue         hears the request "and again" from client one;
                          sends the request "and again" (delivery 1) to worker one
      2614  worker one    hears the request "and again" (delivery 1) from the queue; begins to work on "and again"

worker one answers
      2614  worker one    sends the reply "AND AGAIN" to the queue
      2615  queue         hears the reply "AND AGAIN" from worker one; sends the answer "AND AGAIN" to client one
      2616  client one    hears the answer "AND AGAIN" from the queue;
                          has the answer to "and again": "AND AGAIN" (attempt replied) after 4 ms

the queue has counted
      2616  queue         accepted 4, replied 3, failed 1, deliveries 4, workersRegistered 3, workersLost 1, lateReplies 1
