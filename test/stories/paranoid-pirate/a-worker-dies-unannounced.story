A worker dies with a request where nobody is told of ended connections

Pattern: paranoid-pirate
Failure: a worker dies with a request in its hands
Disconnect notices: off

On a libzmq without draft options the queue finds out by the next send to it, which is a heartbeat, within 1 s.

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
            nothing

1100 ms pass
            (1 heartbeat each way between worker two and the queue)
      1004  queue         loses worker one with a request: unreachable, noticed by transport;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
      1005  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"

worker two answers
      1106  worker two    sends the reply "HELLO" to the queue
      1107  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      1108  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 1106 ms
