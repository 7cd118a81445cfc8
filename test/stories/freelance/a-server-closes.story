A server closes: it answers what it has in hand, and drops what waits

Pattern: freelance
Failure: a server closes

What waited goes to the next server when the connection ends.

server one listens, with maxConcurrentRequests 1
server two listens
client one connects to server one, server two
server two answers at once from now on
         0  server one    listens
         0  server two    listens
         0  client one    connects to server one; sends PING to server one; connects to server two;
                          sends PING to server two
            (1 heartbeat from server one to client one)
            (1 heartbeat from server two to client one)
         3  client one    hears PONG from server one; knows that server one is alive
         3  client one    hears PONG from server two; knows that server two is alive

100 ms pass
            nothing

client one asks: "in hand", "waiting"
       103  client one    sends the request "in hand" (number 1) to server one;
                          sends the request "waiting" (number 2) to server one
       104  server one    hears the request "in hand" (number 1) from client one; begins to work on "in hand"
       104  server one    hears the request "waiting" (number 2) from client one

server one is told to stop
       104  server one    drops a request: closing

server one answers
       104  server one    has closed; sends the answer "IN HAND" (number 1) to client one
       105  client one    hears the answer "IN HAND" (number 1) from server one; an attempt loses its connection;
                          takes server one for dead: connection-lost; makes attempt 2 (the last one: connection-lost);
                          sends the request "waiting" (number 3) to server two;
                          has the answer of server one to "in hand": "IN HAND" (attempt replied) after 2 ms
       106  server two    hears the request "waiting" (number 3) from client one; begins to work on "waiting";
                          sends the answer "WAITING" (number 3) to client one
       107  client one    hears the answer "WAITING" (number 3) from server two;
                          has the answer of server two to "waiting": "WAITING" (attempts connection-lost, replied) after 4 ms
