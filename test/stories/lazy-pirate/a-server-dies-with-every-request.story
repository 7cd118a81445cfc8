The only server dies with each attempt: abandoned after the last

Pattern: lazy-pirate
Failure: the server dies with a request

It is back each time, and dies each time.

server one listens
client one connects to server one
         0  server one    listens

server one dies of each request from now on

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"; dies of it
         3  client one    an attempt loses its connection

server one restarts
         3  server one    listens

200 ms pass
       103  client one    connects to server one; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" to server one
       105  server one    hears the request "hello" from client one; begins to work on "hello"; dies of it
       106  client one    an attempt loses its connection

server one restarts
       203  server one    listens

400 ms pass
       306  client one    connects to server one; makes attempt 3 (the last one: connection-lost);
                          sends the request "hello" to server one
       308  server one    hears the request "hello" from client one; begins to work on "hello"; dies of it
       309  client one    an attempt loses its connection;
                          its request "hello" fails: RequestAbandoned connection-lost (attempts connection-lost, connection-lost, connection-lost; may have run) after 309 ms
