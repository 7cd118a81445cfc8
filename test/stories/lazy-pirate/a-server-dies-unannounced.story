A server dies with a request where nobody is told of ended connections

Pattern: lazy-pirate
Failure: the server dies with a request
Disconnect notices: off

Everything is then found out by requestTimeout, and costs an attempt.

server one listens
server two listens
client one connects to server one, server two
server two answers at once from now on
         0  server one    listens
         0  server two    listens

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

server one crashes
            nothing

time passes until every request has its outcome
      2500  client one    an attempt times out
      2600  client one    connects to server two; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server two
      2602  server two    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
      2603  client one    hears the answer "HELLO" from server two;
                          has the answer of server two to "hello": "HELLO" (attempts timed-out, replied) after 2603 ms
