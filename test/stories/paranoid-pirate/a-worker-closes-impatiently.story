A worker that cannot finish in time leaves, and its request goes to another

Pattern: paranoid-pirate
Failure: a worker closes while at work

After drainTimeout, 5 s, its handler is told that nobody waits, and its connection ends.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

client one asks: "hello", with requestTimeout 30000
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker one is told to stop
            nothing

5100 ms pass
            (5 heartbeats from worker one to the queue)
            (5 heartbeats each way between worker two and the queue)
            (5 heartbeats from the queue to worker one: 5 sent, 4 heard)
      5005  queue         a message is lost on the way to worker one
      5005  worker one    its handler is told that nobody waits any more; has closed
      5006  queue         loses worker one with a request: disconnected, noticed by transport;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
      5007  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"

worker two answers
      5105  worker two    sends the reply "HELLO" to the queue
      5106  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      5107  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 5105 ms
