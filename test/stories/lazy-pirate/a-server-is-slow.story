A server is slow: the work is done twice, and answered once

Pattern: lazy-pirate
Failure: the server is slow

The first attempt takes 3 s, which is too long. The second one is answered in time.

server one listens
client one connects to server one
         0  server one    listens

server one takes 3000 ms for each request from now on

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

2550 ms pass
      2500  client one    an attempt times out
      2501  server one    a client has left; its handler is told that nobody waits any more

server one takes 1000 ms for each request from now on

time passes until every request has its outcome
      2600  client one    connects to server one; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server one
      2602  server one    hears the request "hello" from client one; begins to work on "hello"
      3002  server one    drops a request: client-gone
      3602  server one    sends the answer "HELLO" to client one
      3603  client one    hears the answer "HELLO" from server one;
                          has the answer of server one to "hello": "HELLO" (attempts timed-out, replied) after 3603 ms
