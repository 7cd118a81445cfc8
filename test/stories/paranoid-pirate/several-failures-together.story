Queue and worker crash together, with requests at work and on their way

Pattern: paranoid-pirate
Failure: any of these together, a hundred times

One of the hundred: both crash in the same moment, the queue is back at once, the worker later, and a second worker has
been paused meanwhile. Each request has one outcome.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

client one asks: "one"
         2  client one    connects to the queue; sends the request "one" to the queue
         4  queue         hears the request "one" from client one; sends the request "one" (delivery 1) to worker one
         5  worker one    hears the request "one" (delivery 1) from the queue; begins to work on "one"

client two asks: "two"
         5  client two    connects to the queue; sends the request "two" to the queue
         7  queue         hears the request "two" from client two; sends the request "two" (delivery 1) to worker two
         8  worker two    hears the request "two" (delivery 1) from the queue; begins to work on "two"

the queue crashes
worker one crashes
worker two stands still for 1500 ms
         9  client one    an attempt loses its connection
         9  client two    an attempt loses its connection

the queue restarts
         9  queue         listens

everybody answers at once from now on

1000 ms pass
       109  client one    connects to the queue; makes attempt 2 (the last one: connection-lost);
                          sends the request "one" to the queue
       109  client two    connects to the queue; makes attempt 2 (the last one: connection-lost);
                          sends the request "two" to the queue

worker one restarts
      1009  worker one    connects to the queue; sends READY to the queue
      1011  queue         hears READY from worker one; registers worker one
      1011  queue         hears the request "one" from client one; sends the request "one" (delivery 1) to worker one
      1012  worker one    hears the request "one" (delivery 1) from the queue; begins to work on "one";
                          sends the reply "ONE" to the queue
      1013  queue         hears the reply "ONE" from worker one; sends the answer "ONE" to client one
      1013  queue         hears the request "two" from client two; sends the request "two" (delivery 1) to worker one
      1014  client one    hears the answer "ONE" from the queue;
                          has the answer to "one": "ONE" (attempts connection-lost, replied) after 1012 ms
      1014  worker one    hears the request "two" (delivery 1) from the queue; begins to work on "two";
                          sends the reply "TWO" to the queue
      1015  queue         hears the reply "TWO" from worker one; sends the answer "TWO" to client two
      1016  client two    hears the answer "TWO" from the queue;
                          has the answer to "two": "TWO" (attempts connection-lost, replied) after 1011 ms

5000 ms pass
      1508  worker two    goes on
      1508  worker two    its handler is told that nobody waits any more;
                          loses the queue: disconnected; tries again when its handler has ended
      1528  worker two    finds that it stood still for 508 ms
            (5 heartbeats each way between the queue and worker one)

the queue has counted
      6016  queue         accepted 2, replied 2, deliveries 2, workersRegistered 1
