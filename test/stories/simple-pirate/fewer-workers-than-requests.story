Fewer workers than requests: they wait in the transport, and the queue reads one at a time

Pattern: simple-pirate
Failure: no worker is ready, or fewer than requests

One worker, two clients. A request is read when the worker is ready, and not before.

the queue listens
worker one is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one takes 1000 ms for each request from now on

client one asks: "one"
client two asks: "two"
         2  client one    connects to the queue; sends the request "one" to the queue
         2  client two    connects to the queue; sends the request "two" to the queue
         4  queue         hears the request "one" from client one; sends the request "one" (delivery 1) to worker one
         5  worker one    hears the request "one" (delivery 1) from the queue; begins to work on "one"

time passes until every request has its outcome
      1005  worker one    sends the reply "ONE" to the queue
      1006  queue         hears the reply "ONE" from worker one; sends the answer "ONE" to client one
      1006  queue         hears the request "two" from client two; sends the request "two" (delivery 1) to worker one
      1007  client one    hears the answer "ONE" from the queue;
                          has the answer to "one": "ONE" (attempt replied) after 1005 ms
      1007  worker one    hears the request "two" (delivery 1) from the queue; begins to work on "two"
      2007  worker one    sends the reply "TWO" to the queue
      2008  queue         hears the reply "TWO" from worker one; sends the answer "TWO" to client two
      2009  client two    hears the answer "TWO" from the queue;
                          has the answer to "two": "TWO" (attempt replied) after 2007 ms

the queue has counted
      2009  queue         accepted 2, replied 2, deliveries 2, workersRegistered 1
