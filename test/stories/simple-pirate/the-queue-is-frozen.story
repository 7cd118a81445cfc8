The queue is frozen: attempts time out, and it serves again when it goes on

Pattern: simple-pirate
Failure: the queue is frozen

Only pings find it out, in 3 to 4 s.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one answers at once from now on

the queue stands still
            nothing

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
    3912.9  worker one    loses the queue: disconnected; tries again in 500 ms
    4412.9  worker one    connects to the queue; sends READY to the queue
      5102  client one    an attempt times out
      5302  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      7802  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

the queue goes on
      7802  queue         loses worker one: disconnected, noticed by transport

3000 ms pass
    8201.5  queue         hears READY from worker one; registers worker one

client one asks: "again"
     10802  client one    connects to the queue; sends the request "again" to the queue
     10804  queue         hears the request "again" from client one;
                          sends the request "again" (delivery 1) to worker one
     10805  worker one    hears the request "again" (delivery 1) from the queue; begins to work on "again";
                          sends the reply "AGAIN" to the queue
     10806  queue         hears the reply "AGAIN" from worker one; sends the answer "AGAIN" to client one
     10807  client one    hears the answer "AGAIN" from the queue;
                          has the answer to "again": "AGAIN" (attempt replied) after 5 ms

the queue has counted
     10807  queue         accepted 1, replied 1, deliveries 1, workersRegistered 2, workersLost 1
