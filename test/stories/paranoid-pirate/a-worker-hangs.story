A worker hangs and heartbeats: busyLimit gives its request to another

Pattern: paranoid-pirate
Failure: a worker hangs, its connection alive

It is alive by every sign. After busyLimit its request goes elsewhere, and it gets nothing before it ends with a reply,
or says READY.

the queue listens, with busyLimit 2000
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

2200 ms pass
            (2 heartbeats from worker one to the queue)
            (2 heartbeats each way between worker two and the queue)
            (1 heartbeat from the queue to worker one)
      2004  queue         loses worker one with a request: busy-limit, noticed by limit;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
      2005  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"

worker two answers
      2205  worker two    sends the reply "HELLO" to the queue
      2206  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      2207  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 2205 ms

worker one answers
      2207  worker one    sends the reply "HELLO" to the queue
      2208  queue         hears the reply "HELLO" from worker one; registers worker one; lateReplies is now 1

the queue has counted
      2208  queue         accepted 1, replied 1, deliveries 2, requeued 1, workersRegistered 3, workersLost 1, lateReplies 1
