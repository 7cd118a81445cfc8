A handler throws: the server answers nothing, and the client asks again

Pattern: lazy-pirate
Failure: the handler throws

A REP has no word for a failure. The next attempt may fare better.

server one listens
client one connects to server one
         0  server one    listens

server one fails at each request from now on

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"; its handler throws

server one answers at once from now on

time passes until every request has its outcome
      2500  client one    an attempt times out
      2600  client one    connects to server one; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server one
      2602  server one    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
      2603  client one    hears the answer "HELLO" from server one;
                          has the answer of server one to "hello": "HELLO" (attempts timed-out, replied) after 2603 ms
