A worker with one thread is silent while it works, and keeps its request

Pattern: paranoid-pirate
Failure: a single-threaded worker is silent while it works

It was never heard at work, so its silence means nothing. After 20 s its reply is as good as any.

the queue listens
stranger one connects to the queue as a worker
client one connects to the queue, with requestTimeout 30000
         0  queue         listens
         0  stranger one  connects to the queue

stranger one sends 0x01
         1  stranger one  sends READY to the queue
         2  queue         hears READY from stranger one; registers stranger one

client one asks: "hello"
         2  client one    connects to the queue; sends the request "hello" to the queue
         4  queue         hears the request "hello" from client one;
                          sends the request "hello" (delivery 1) to stranger one
         5  stranger one  hears the request "hello" (delivery 1) from the queue

20000 ms pass
            (20 heartbeats from the queue to stranger one)

stranger one sends <handle> "" "HELLO"
     20005  stranger one  sends the reply "HELLO" to the queue
     20006  queue         hears the reply "HELLO" from stranger one; sends the answer "HELLO" to client one
     20007  client one    hears the answer "HELLO" from the queue;
                          has the answer to "hello": "HELLO" (attempt replied) after 20005 ms
