The last worker dies with a request, which goes before all others when a worker comes

Pattern: paranoid-pirate
Failure: the last worker dies with a request

The request waits at the queue. Meanwhile clients are not read: what another client asks stays in the transport. The
next worker gets the returned request first.

the queue listens
worker one is ready
client one connects to the queue
client two connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "first", with requestTimeout 10000
         2  client one    connects to the queue; sends the request "first" to the queue
         4  queue         hears the request "first" from client one;
                          sends the request "first" (delivery 1) to worker one
         5  worker one    hears the request "first" (delivery 1) from the queue; begins to work on "first"

worker one crashes
         6  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1)

client two asks: "second", with requestTimeout 10000
         6  client two    connects to the queue; sends the request "second" to the queue

everybody answers at once from now on
worker two is ready
         8  worker two    connects to the queue; sends READY to the queue
        10  queue         hears READY from worker two; registers worker two;
                          sends the request "first" (delivery 2) to worker two
        11  worker two    hears the request "first" (delivery 2) from the queue; begins to work on "first";
                          sends the reply "FIRST" to the queue
        12  queue         hears the reply "FIRST" from worker two; sends the answer "FIRST" to client one
        12  queue         hears the request "second" from client two;
                          sends the request "second" (delivery 1) to worker two
        13  client one    hears the answer "FIRST" from the queue;
                          has the answer to "first": "FIRST" (attempt replied) after 11 ms
        13  worker two    hears the request "second" (delivery 1) from the queue; begins to work on "second";
                          sends the reply "SECOND" to the queue
        14  queue         hears the reply "SECOND" from worker two; sends the answer "SECOND" to client two
        15  client two    hears the answer "SECOND" from the queue;
                          has the answer to "second": "SECOND" (attempt replied) after 9 ms
