A server dies with a request, and the next one answers

Pattern: lazy-pirate
Failure: the server dies with a request

The end of the connection says so at once. After a pause the client asks the next server, and begins there the next
time.

server one listens
server two listens
client one connects to server one, server two
         0  server one    listens
         0  server two    listens

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

server one crashes
         3  client one    an attempt loses its connection

server two answers at once from now on

200 ms pass
       103  client one    connects to server two; makes attempt 2 (the last one: connection-lost);
                          sends the request "hello" to server two
       105  server two    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
       106  client one    hears the answer "HELLO" from server two;
                          has the answer of server two to "hello": "HELLO" (attempts connection-lost, replied) after 106 ms

client one asks: "again"
       203  client one    sends the request "again" to server two
       204  server two    hears the request "again" from client one; begins to work on "again";
                          sends the answer "AGAIN" to client one
       205  client one    hears the answer "AGAIN" from server two;
                          has the answer of server two to "again": "AGAIN" (attempt replied) after 2 ms
