The queue’s event loop is blocked for longer than the expiry, and it loses nobody

Pattern: paranoid-pirate
Failure: the queue's event loop is blocked

Its transport goes on, and heartbeats of the worker at work wait in the socket. On waking it reads before it judges.

the queue listens
worker one is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

client one asks: "hello", with requestTimeout 30000
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

3500 ms pass
            (3 heartbeats each way between worker one and the queue)

the event loop of the queue is blocked for 5000 ms
            nothing

5100 ms pass
            (5 heartbeats from worker one to the queue: 5 sent, 0 heard)
      8505  queue         goes on
            (6 heartbeats from worker one to the queue: 1 sent, 6 heard)
            (3 heartbeats from the queue to worker one)
      8525  queue         finds that it stood still for 4501 ms

worker one answers
      8605  worker one    sends the reply "HELLO" to the queue
      8606  queue         hears the reply "HELLO" from worker one; sends the answer "HELLO" to client one
      8607  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 8605 ms

the queue has counted
      8607  queue         accepted 1, replied 1, deliveries 1, workersRegistered 1
