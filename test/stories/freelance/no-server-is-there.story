No server is there: RequestAbandoned after three seconds

Pattern: freelance
Failure: no server is there

Each server has its turn. The deadline ends it.

client one connects to server one, server two
         0  client one    connects to server one; sends PING to server one; connects to server two;
                          sends PING to server two

client one asks: "hello"
            nothing

time passes until every request has its outcome
       100  client one    sends the request "hello" (number 1) to server one
      1100  client one    an attempt times out; doubts server one; makes attempt 2 (the last one: timed-out);
                          sends PING to server one; sends the request "hello" (number 2) to server two
            (1 heartbeat from client one to server two: 1 sent, 0 heard)
      2100  client one    an attempt times out; doubts server two; sends PING to server two
      2200  client one    makes attempt 3 (the last one: timed-out); sends the request "hello" (number 3) to server one
      3001  client one    its request "hello" fails: RequestAbandoned deadline (attempts timed-out, timed-out, timed-out; may have run) after 3000 ms
