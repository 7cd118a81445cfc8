An idle worker dies, and no request is given to it

Pattern: paranoid-pirate
Failure: an idle worker dies

Only the queue notices. The next request goes to the worker that is left.

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
         3  queue         loses worker one: disconnected, noticed by transport

client one asks: "hello"
         3  client one    connects to the queue; sends the request "hello" to the queue
         5  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
         6  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker two answers
         6  worker two    sends the reply "HELLO" to the queue
         7  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
         8  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms
