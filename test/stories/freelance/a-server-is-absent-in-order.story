The first of two servers is absent, and servers are asked in order

Pattern: freelance
Failure: a server is absent from the beginning

Without pings the first request finds out by its timeout. The next one does not pay again.

server two listens, with model sequential
client one connects to server one, server two, with model sequential
server two answers at once from now on
         0  server two    listens

client one asks: "one"
         0  client one    connects to server one; sends the request "one" (number 1) to server one

time passes until every request has its outcome
      1000  client one    an attempt times out; connects to server two; doubts server one;
                          makes attempt 2 (the last one: timed-out); sends the request "one" (number 2) to server two
      1002  server two    hears the request "one" (number 2) from client one; begins to work on "one";
                          sends the answer "ONE" (number 2) to client one
      1003  client one    hears the answer "ONE" (number 2) from server two; knows that server two is alive;
                          has the answer of server two to "one": "ONE" (attempts timed-out, replied) after 1003 ms

client one asks: "two"
      1003  client one    sends the request "two" (number 3) to server two
      1004  server two    hears the request "two" (number 3) from client one; begins to work on "two";
                          sends the answer "TWO" (number 3) to client one
      1005  client one    hears the answer "TWO" (number 3) from server two;
                          has the answer of server two to "two": "TWO" (attempt replied) after 2 ms
