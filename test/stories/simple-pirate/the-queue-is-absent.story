A queue that stays away: the client gives up, the worker goes on trying

Pattern: simple-pirate
Failure: the queue is absent

The worker was there before: the end of its connection told it. It waits in a new one, which finds the queue when it
comes.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

the queue crashes
         3  worker one    loses the queue: disconnected; tries again in 500 ms

client one asks: "hello"
         3  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
       503  worker one    connects to the queue; sends READY to the queue
      2503  client one    an attempt times out
      2603  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      5103  client one    an attempt times out
      5303  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      7803  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

20000 ms pass
            nothing

everybody answers at once from now on

the queue restarts
     27803  queue         listens

1000 ms pass
   28202.5  queue         hears READY from worker one; registers worker one

client one asks: "again"
     28803  client one    connects to the queue; sends the request "again" to the queue
     28805  queue         hears the request "again" from client one;
                          sends the request "again" (delivery 1) to worker one
     28806  worker one    hears the request "again" (delivery 1) from the queue; begins to work on "again";
                          sends the reply "AGAIN" to the queue
     28807  queue         hears the reply "AGAIN" from worker one; sends the answer "AGAIN" to client one
     28808  client one    hears the answer "AGAIN" from the queue;
                          has the answer to "again": "AGAIN" (attempt replied) after 5 ms
