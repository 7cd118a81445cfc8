No server is there: three attempts of 2.5 s, then RequestAbandoned

Pattern: lazy-pirate
Failure: no server is there

With pauses of 100 and 200 ms, which jitter would spread, that is 7.8 s.

client one connects to server one
            nothing

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one

time passes until every request has its outcome
      2500  client one    an attempt times out
      2600  client one    connects to server one; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server one
      5100  client one    an attempt times out
      5300  client one    connects to server one; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" to server one
      7800  client one    an attempt times out;
                          its request "hello" fails: RequestAbandoned timed-out (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms
