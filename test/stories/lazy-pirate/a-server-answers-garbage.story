A server answers garbage: the client counts it and waits on

Pattern: lazy-pirate
Failure: the server answers garbage

What is no answer of a REP begins without a delimiter, or ends with it. The answer after it is taken.

stranger one listens
client one connects to stranger one
         0  stranger one  listens

client one asks: "hello"
         0  client one    connects to stranger one; sends the request "hello" to stranger one
         2  stranger one  hears the request "hello" from client one

stranger one sends "junk"
         2  stranger one  sends the frames "junk" to client one
         3  client one    hears the frames "junk" from stranger one; invalid is now 1

stranger one sends ""
         3  stranger one  sends the frames "" to client one
         4  client one    hears the frames "" from stranger one; invalid is now 2

stranger one sends "" "HELLO"
         4  stranger one  sends the answer "HELLO" to client one
         5  client one    hears the answer "HELLO" from stranger one;
                          has the answer to "hello": "HELLO" (attempt replied) after 5 ms
