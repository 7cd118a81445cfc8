The last ready worker dies: what comes later waits in the transport

Pattern: simple-pirate
Failure: the last ready worker dies

Clients are not read while nobody is ready. The request is read when a worker comes.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one crashes
         3  queue         loses worker one: disconnected, noticed by transport

client one asks: "hello"
         3  client one    connects to the queue; sends the request "hello" to the queue

1000 ms pass
            nothing

everybody answers at once from now on
worker two is ready
      1005  worker two    connects to the queue; sends READY to the queue
      1007  queue         hears READY from worker two; registers worker two
      1007  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      1008  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      1009  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      1010  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 1007 ms
