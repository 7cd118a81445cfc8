A server restarts: the next attempt waits for it in its new connection

Pattern: lazy-pirate
Failure: the server restarts

The second attempt is made while nobody listens. Its connection comes up as soon as the server is back.

server one listens
client one connects to server one
         0  server one    listens

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

server one crashes, and starts again after 1000 ms
         3  client one    an attempt loses its connection

server one answers at once from now on

time passes until every request has its outcome
       103  client one    connects to server one; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" to server one
      1002  server one    is up again
      1002  server one    listens
    1017.1  server one    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
    1018.1  client one    hears the answer "HELLO" from server one;
                          has the answer of server one to "hello": "HELLO" (attempts connection-lost, replied) after 1018.1 ms
