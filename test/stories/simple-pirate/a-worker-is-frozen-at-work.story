A worker is frozen with a request: the ping finds it out

Pattern: simple-pirate
Failure: a worker is frozen, or its link is dead

Nothing else would: there are no heartbeats. Its client's timeout comes first, and another worker answers.

the queue listens
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

worker two answers at once from now on

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

worker one stands still
            nothing

5000 ms pass
      2502  client one    an attempt times out
      2602  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2604  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2605  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      2606  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      2607  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 2605 ms
    3956.9  queue         loses worker one with a request: disconnected, noticed by transport;
                          drops a request: its client has left (deliveries 1)

the queue has counted
      5005  queue         accepted 2, replied 1, dropped 1, deliveries 2, workersRegistered 2, workersLost 1
