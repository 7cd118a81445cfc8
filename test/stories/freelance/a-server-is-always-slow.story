The first of two servers is always slow, and servers are asked in order

Pattern: freelance
Failure: a server is slow with every request

Its late answer says that it is there, but it has not answered in time: the next requests go to the other one, and do not wait.

server one listens, with model sequential
server two listens, with model sequential
client one connects to server one, server two, with model sequential
server one takes 1500 ms for each request from now on
server two answers at once from now on
         0  server one    listens
         0  server two    listens

client one asks: "one"
         0  client one    connects to server one; sends the request "one" (number 1) to server one
         2  server one    hears the request "one" (number 1) from client one; begins to work on "one"

time passes until every request has its outcome
      1000  client one    an attempt times out; connects to server two; doubts server one;
                          makes attempt 2 (the last one: timed-out); sends the request "one" (number 2) to server two
      1002  server two    hears the request "one" (number 2) from client one; begins to work on "one";
                          sends the answer "ONE" (number 2) to client one
      1003  client one    hears the answer "ONE" (number 2) from server two; knows that server two is alive;
                          has the answer of server two to "one": "ONE" (attempts timed-out, replied) after 1003 ms

1000 ms pass
      1502  server one    sends the answer "ONE" (number 1) to client one
      1503  client one    hears the answer "ONE" (number 1) from server one; knows that server one is alive;
                          nobody waits for it any more

client one asks: "two"
      2003  client one    sends the request "two" (number 3) to server two
      2004  server two    hears the request "two" (number 3) from client one; begins to work on "two";
                          sends the answer "TWO" (number 3) to client one
      2005  client one    hears the answer "TWO" (number 3) from server two;
                          has the answer of server two to "two": "TWO" (attempt replied) after 2 ms

time passes until every request has its outcome
            nothing
