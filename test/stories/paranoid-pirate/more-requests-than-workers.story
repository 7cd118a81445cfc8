More requests than workers: they wait in the transport, and the queue reads one at a time

Pattern: paranoid-pirate
Failure: more requests than workers

One worker, three clients. A request is read when the worker is ready, and not before.

the queue listens
worker one is ready
client one connects to the queue
client two connects to the queue
client three connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one takes 1000 ms for each request from now on

client one asks: "one"
client two asks: "two"
client three asks: "three"
         2  client one    connects to the queue; sends the request "one" to the queue
         2  client two    connects to the queue; sends the request "two" to the queue
         2  client three  connects to the queue; sends the request "three" to the queue
         4  queue         hears the request "one" from client one; sends the request "one" (delivery 1) to worker one
         5  worker one    hears the request "one" (delivery 1) from the queue; begins to work on "one"

time passes until every request has its outcome
            (1 heartbeat each way between worker one and the queue)
      1005  worker one    sends the reply "ONE" to the queue
      1006  queue         hears the reply "ONE" from worker one; sends the answer "ONE" to client one
      1006  queue         hears the request "two" from client two; sends the request "two" (delivery 1) to worker one
      1007  client one    hears the answer "ONE" from the queue;
                          has the answer to "one": "ONE" (attempt replied) after 1005 ms
      1007  worker one    hears the request "two" (delivery 1) from the queue; begins to work on "two"
            (1 heartbeat each way between worker one and the queue)
      2007  worker one    sends the reply "TWO" to the queue
      2008  queue         hears the reply "TWO" from worker one; sends the answer "TWO" to client two
      2008  queue         hears the request "three" from client three;
                          sends the request "three" (delivery 1) to worker one
      2009  client two    hears the answer "TWO" from the queue;
                          has the answer to "two": "TWO" (attempt replied) after 2007 ms
      2009  worker one    hears the request "three" (delivery 1) from the queue; begins to work on "three"
      2502  client three  an attempt times out
      2602  client three  connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "three" to the queue
            (1 heartbeat each way between worker one and the queue)
      3009  worker one    sends the reply "THREE" to the queue
      3010  queue         hears the reply "THREE" from worker one; undeliverable is now 1
      3010  queue         hears the request "three" from client three;
                          sends the request "three" (delivery 1) to worker one
      3011  worker one    hears the request "three" (delivery 1) from the queue; begins to work on "three"
            (1 heartbeat each way between worker one and the queue)
      4011  worker one    sends the reply "THREE" to the queue
      4012  queue         hears the reply "THREE" from worker one; sends the answer "THREE" to client three
      4013  client three  hears the answer "THREE" from the queue;
                          has the answer to "three": "THREE" (attempts timed-out, replied) after 4011 ms

the queue has counted
      4013  queue         accepted 4, replied 4, deliveries 4, workersRegistered 1, undeliverable 1
