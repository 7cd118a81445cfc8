The queue dies and restarts: the handler is told, and the client asks again

Pattern: simple-pirate
Failure: the queue dies, and restarts

What it held is lost. The worker says READY on a new connection, once its handler has ended and after its pause of half
a second; the client's second attempt waits for the queue in its new connection.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

the queue crashes
         6  worker one    its handler is told that nobody waits any more;
                          loses the queue: disconnected; tries again when its handler has ended
         6  client one    an attempt loses its connection

worker one answers
         6  worker one    discards the result: nobody waits for it

the queue restarts
         6  queue         listens

worker one answers at once from now on

time passes until every request has its outcome
       106  client one    connects to the queue; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" to the queue
       506  worker one    connects to the queue; sends READY to the queue
       508  queue         hears READY from worker one; registers worker one
       508  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
       509  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
       510  queue         hears the reply "HELLO" from worker one; sends the answer "HELLO" to client one
       511  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts connection-lost, replied) after 509 ms
