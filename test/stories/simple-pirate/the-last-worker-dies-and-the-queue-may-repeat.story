The last worker dies with a request that the queue may repeat: it waits for the next

Pattern: simple-pirate
Failure: the same, with deliveryPolicy: 'requeue'

It would wait for requestExpiry, 30 s. Here a worker comes before the client's attempt ends.

the queue listens, with deliveryPolicy requeue
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

worker one crashes
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1)

1000 ms pass
            nothing

everybody answers at once from now on
worker two is ready
      1006  worker two    connects to the queue; sends READY to the queue
      1008  queue         hears READY from worker two; registers worker two;
                          sends the request "hello" (delivery 2) to worker two
      1009  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      1010  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      1011  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 1009 ms
