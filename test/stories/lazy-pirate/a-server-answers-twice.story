A server answers twice: the second answer costs the connection, and answers nothing

Pattern: lazy-pirate
Failure: the server answers twice

The stranger is no REP: it speaks unasked. What it says finds no request on its connection, which is closed, so that it
cannot be taken for the next answer.

stranger one listens
client one connects to stranger one
         0  stranger one  listens

client one asks: "hello"
         0  client one    connects to stranger one; sends the request "hello" to stranger one
         2  stranger one  hears the request "hello" from client one

stranger one sends "" "HELLO"
         2  stranger one  sends the answer "HELLO" to client one
         3  client one    hears the answer "HELLO" from stranger one;
                          has the answer to "hello": "HELLO" (attempt replied) after 3 ms

stranger one sends "" "HELLO again"
         3  stranger one  sends the answer "HELLO again" to client one
         4  client one    hears the answer "HELLO again" from stranger one; nobody waits for it any more
         5  stranger one  its connection has ended

client one asks: "another"
         5  client one    connects to stranger one; sends the request "another" to stranger one
         7  stranger one  hears the request "another" from client one

stranger one sends "" "ANOTHER"
         7  stranger one  sends the answer "ANOTHER" to client one
         8  client one    hears the answer "ANOTHER" from stranger one;
                          has the answer to "another": "ANOTHER" (attempt replied) after 3 ms
