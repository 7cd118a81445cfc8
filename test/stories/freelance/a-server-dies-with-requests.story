A server dies with two requests: both go to the next one at once

Pattern: freelance
Failure: a server dies with requests

The end of the connection says so. Whoever was asked last is not asked again before the others.

server one listens
server two listens
client one connects to server one, server two
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

client one asks: "one", "two"
       103  client one    sends the request "one" (number 1) to server one;
                          sends the request "two" (number 2) to server one
       104  server one    hears the request "one" (number 1) from client one; begins to work on "one"
       104  server one    hears the request "two" (number 2) from client one; begins to work on "two"

server two answers at once from now on

server one crashes
       105  client one    an attempt loses its connection, 2 times; takes server one for dead: connection-lost;
                          makes attempt 2 (the last one: connection-lost), 2 times;
                          sends the request "one" (number 3) to server two;
                          sends the request "two" (number 4) to server two
       106  server two    hears the request "one" (number 3) from client one; begins to work on "one"
       106  server two    hears the request "two" (number 4) from client one; begins to work on "two";
                          sends the answer "ONE" (number 3) to client one;
                          sends the answer "TWO" (number 4) to client one
       107  client one    hears the answer "ONE" (number 3) from server two
       107  client one    hears the answer "TWO" (number 4) from server two;
                          has the answer of server two to "one": "ONE" (attempts connection-lost, replied) after 4 ms;
                          has the answer of server two to "two": "TWO" (attempts connection-lost, replied) after 4 ms

client one asks: "three"
       107  client one    sends the request "three" (number 5) to server two
       108  server two    hears the request "three" (number 5) from client one; begins to work on "three";
                          sends the answer "THREE" (number 5) to client one
       109  client one    hears the answer "THREE" (number 5) from server two;
                          has the answer of server two to "three": "THREE" (attempt replied) after 2 ms
