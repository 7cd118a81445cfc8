An idle worker dies where nobody is told of ended connections: the next request finds it out

Pattern: simple-pirate
Failure: an idle worker dies
Disconnect notices: off

The request is sent to the dead worker, which its transport refuses. It was not delivered, so it goes to another,
whatever the policy.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker one crashes
            nothing

1000 ms pass
            nothing

client one asks: "hello"
      1003  client one    connects to the queue; sends the request "hello" to the queue
      1005  queue         hears the request "hello" from client one;
                          loses worker one with a request: unreachable, noticed by transport;
                          takes the request back (deliveries 0); sends the request "hello" (delivery 1) to worker two
      1006  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker two answers
      1006  worker two    sends the reply "HELLO" to the queue
      1007  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      1008  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms

the queue has counted
      1008  queue         accepted 1, replied 1, deliveries 1, requeued 1, workersRegistered 2, workersLost 1
