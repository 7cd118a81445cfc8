A handler throws each time: the request is abandoned

Pattern: lazy-pirate
Failure: the handler throws

Nobody tells the client why. It learns it by its own timeout, three times.

server one listens
client one connects to server one
         0  server one    listens

server one fails at each request from now on

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"; its handler throws

time passes until every request has its outcome
      2500  client one    an attempt times out
      2600  client one    connects to server one; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server one
      2602  server one    hears the request "hello" from client one; begins to work on "hello"; its handler throws
      5100  client one    an attempt times out
      5300  client one    connects to server one; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to server one
      5302  server one    hears the request "hello" from client one; begins to work on "hello"; its handler throws
      7800  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms
