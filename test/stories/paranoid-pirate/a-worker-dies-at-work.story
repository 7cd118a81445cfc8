A worker dies with a request in its hands, and another one answers it

Pattern: paranoid-pirate
Failure: a worker dies with a request in its hands

The queue hears of the end of the connection at once, and gives the request to the next ready worker. The client asks
once.

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

worker one crashes
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
         7  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"

worker two answers
         7  worker two    sends the reply "HELLO" to the queue
         8  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
         9  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 7 ms

the queue has counted
         9  queue         accepted 1, replied 1, deliveries 2, requeued 1, workersRegistered 2, workersLost 1
