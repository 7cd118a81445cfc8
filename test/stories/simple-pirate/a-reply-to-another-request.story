A worker replies to a request it was not given

Pattern: simple-pirate
Failure: a worker replies to a request it was not given

The handle does not fit. The request is dropped, and the client never sees the wrong reply.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends "" 0x01
         1  stranger one  sends READY to the queue
         2  queue         hears READY from stranger one; registers stranger one

worker two is ready
worker two answers at once from now on
         2  worker two    connects to the queue; sends READY to the queue
         4  queue         hears READY from worker two; registers worker two

client one asks: "hello"
         4  client one    connects to the queue; sends the request "hello" to the queue
         6  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
         7  stranger one  hears the request "hello" (delivery 1) from the queue

stranger one sends "" "somebody" "" "WRONG"
         7  stranger one  sends the frames "" "somebody" "" "WRONG" to the queue
         8  queue         hears the frames "" "somebody" "" "WRONG" from stranger one;
                          loses stranger one with a request: protocol, noticed by protocol;
                          gives a request up: worker-lost (deliveries 1); registers stranger one;
                          refuses it: a reply to another request than its own; invalid is now 1

time passes until every request has its outcome
      2504  client one    an attempt times out
      2604  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      2606  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to worker two
      2607  worker two    hears the request "hello" (delivery 1) from the queue; begins to work on "hello";
                          sends the reply "HELLO" to the queue
      2608  queue         hears the reply "HELLO" from worker two; sends the answer "HELLO" to client one
      2609  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts timed-out, replied) after 2605 ms
