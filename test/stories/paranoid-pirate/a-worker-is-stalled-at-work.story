A worker’s event loop hangs at its first request: its transport answers the pings, and only busyLimit helps

Pattern: paranoid-pirate
Failure: a worker falls silent at work: frozen, or its link is dead

It is silent before it was ever heard at work, and its connection is alive. Without a busyLimit nobody would notice.

the queue listens, with busyLimit 10000
worker one is ready
worker two is ready
client one connects to the queue
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  worker two    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one
         2  queue         hears READY from worker two; registers worker two

client one asks: "hello", with requestTimeout 20000
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker one
         5  worker one    hears the request "hello" (delivery 1) from the queue; begins to work on "hello"

the event loop of worker one is blocked
            nothing

11000 ms pass
            (10 heartbeats each way between worker two and the queue)
            (9 heartbeats from the queue to worker one: 9 sent, 0 heard)
     10004  queue         loses worker one with a request: busy-limit, noticed by limit;
                          takes the request back (deliveries 1); sends the request "hello" (delivery 2) to worker two
     10005  worker two    hears the request "hello" (delivery 2) from the queue; begins to work on "hello"
            (1 heartbeat each way between worker two and the queue)

worker two answers
     11005  worker two    sends the reply "HELLO" to the queue
     11006  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
     11007  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 11005 ms
