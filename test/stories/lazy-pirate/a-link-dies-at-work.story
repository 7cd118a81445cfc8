A link dies while the server works, and the same server answers the next attempt

Pattern: lazy-pirate
Failure: the server is frozen, or its link is dead

The answer to the first attempt is lost with its connection, though the work was done.

server one listens
client one connects to server one
         0  server one    listens

client one asks: "hello"
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

the connections between client one and server one die without a word
            nothing

server one answers
         2  server one    sends the answer "HELLO" to client one

server one answers at once from now on

time passes until every request has its outcome
      2500  server one    a message is lost on the way to client one
      2500  client one    an attempt times out
      2600  client one    connects to server one; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" to server one
      2602  server one    hears the request "hello" from client one; begins to work on "hello";
                          sends the answer "HELLO" to client one
      2603  client one    hears the answer "HELLO" from server one;
                          has the answer of server one to "hello": "HELLO" (attempts timed-out, replied) after 2603 ms

2000 ms pass
            nothing
