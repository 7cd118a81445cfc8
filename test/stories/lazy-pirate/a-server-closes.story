A server closes: it answers what it has in hand, and drops what waits

Pattern: lazy-pirate
Failure: the server closes

The request that waited is asked again, at the server that comes in its place.

server one listens, with maxConcurrentRequests 1
client one connects to server one
client two connects to server one
         0  server one    listens

client one asks: "in hand"
         0  client one    connects to server one; sends the request "in hand" to server one
         2  server one    hears the request "in hand" from client one; begins to work on "in hand"

client two asks: "waiting"
         2  client two    connects to server one; sends the request "waiting" to server one
         4  server one    hears the request "waiting" from client two

server one is told to stop
         4  server one    drops a request: closing

server one answers
         4  server one    has closed; sends the answer "IN HAND" to client one
         5  client one    hears the answer "IN HAND" from server one;
                          has the answer of server one to "in hand": "IN HAND" (attempt replied) after 5 ms
         5  client two    an attempt loses its connection

server one answers at once from now on

server one restarts
         5  server one    listens

time passes until every request has its outcome
       105  client two    connects to server one; makes attempt 2 (the last one: connection-lost);
                          sends the request "waiting" to server one
       107  server one    hears the request "waiting" from client two; begins to work on "waiting";
                          sends the answer "WAITING" to client two
       108  client two    hears the answer "WAITING" from server one;
                          has the answer of server one to "waiting": "WAITING" (attempts connection-lost, replied) after 106 ms
