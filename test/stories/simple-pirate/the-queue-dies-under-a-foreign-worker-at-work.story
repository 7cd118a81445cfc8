A foreign worker was at work while the queue restarted: its late reply says that it is ready

Pattern: simple-pirate
Failure: the same, with a foreign REQ worker, at work

Its reply carries a handle of the old queue and answers nobody. But who replies is free: the new queue takes it for
ready.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends "" 0x01
         1  stranger one  sends READY to the queue
         2  queue         hears READY from stranger one; registers stranger one

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
         5  stranger one  hears the request "hello" (delivery 1) from the queue

the queue crashes
         6  stranger one  its connection has ended
         6  client one    an attempt loses its connection

the queue restarts
         6  queue         listens

1000 ms pass
       106  client one    connects to the queue; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" to the queue

stranger one sends "" <handle> "" "HELLO"
      1006  stranger one  sends the reply "HELLO" to the queue
      1007  queue         hears the reply "HELLO" from stranger one; registers stranger one; lateReplies is now 1
      1007  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
      1008  stranger one  hears the request "hello" (delivery 1) from the queue

stranger one sends "" <handle> "" "HELLO"
      1008  stranger one  sends the reply "HELLO" to the queue
      1009  queue         hears the reply "HELLO" from stranger one; sends the answer "HELLO" to client one
      1010  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempts connection-lost, replied) after 1008 ms

the queue has counted
      1010  queue         accepted 1, replied 1, deliveries 1, workersRegistered 1, lateReplies 1
