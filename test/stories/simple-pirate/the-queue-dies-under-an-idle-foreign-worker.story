An idle foreign worker does not know that the queue has restarted

Pattern: simple-pirate
Failure: the same, with a foreign REQ worker, idle

It waits in its REQ socket for a request of a queue that is no more. Its transport has connected to the new one, and
that does not help: only its restart does.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends "" 0x01
         1  stranger one  sends READY to the queue
         2  queue         hears READY from stranger one; registers stranger one

the queue crashes
         3  stranger one  its connection has ended

the queue restarts
         3  queue         listens

client one asks: "hello"
         3  client one    connects to the queue; sends the request "hello" to the queue

time passes until every request has its outcome
      2503  client one    an attempt times out
      2603  client one    connects to the queue; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to the queue
      5103  client one    an attempt times out
      5303  client one    connects to the queue; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to the queue
      7803  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

stranger one restarts
      7803  stranger one  connects to the queue

stranger one sends "" 0x01
      7804  stranger one  sends READY to the queue
      7805  queue         hears READY from stranger one; registers stranger one
      7805  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
      7806  stranger one  hears the request "hello" (delivery 1) from the queue
