No server is there, and servers are asked in order: a second for each

Pattern: freelance
Failure: no server is there

Each has one turn, in the order given.

client one connects to server one, server two, with model sequential
            nothing

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" (number 1) to server one

time passes until every request has its outcome
      1000  client one    an attempt times out; connects to server two; doubts server one;
                          makes attempt 2 (the last one: timed-out); sends the request "hello" (number 2) to server two
      2000  client one    an attempt times out; doubts server two;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out; may have run) after 2000 ms
