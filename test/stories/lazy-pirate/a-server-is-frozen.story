A server is frozen: the attempt times out, and another server answers

Pattern: lazy-pirate
Failure: the server is frozen, or its link is dead

The frozen one goes on later. Its answer goes nowhere: the connection of that attempt is closed.

server one listens
server two listens
client one connects to server one, server two
         0  server one    listens
         0  server two    listens

server two answers at once from now on

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

server one stands still
            nothing

time passes until every request has its outcome
      2500  client one    an attempt times out
      2600  client one    connects to server two; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server two
      2602  server two    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
      2603  client one    hears the answer "HELLO" from server two;
                          has the answer of server two to "hello": "HELLO" (attempts timed-out, replied) after 2603 ms

server one goes on
      2603  server one    a client has left; its handler is told that nobody waits any more

server one answers
      2603  server one    drops a request: client-gone
