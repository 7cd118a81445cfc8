An answer comes after its request has failed

Pattern: freelance
Failure: an answer comes after its request has failed

Its number is never used again, so it answers nothing: the next request has another one.

server one listens
client one connects to server one
         0  server one    listens
         0  client one    connects to server one; sends PING to server one
            (1 heartbeat from server one to client one)
         3  client one    hears PONG from server one; knows that server one is alive

100 ms pass
            nothing

client one asks: "one"
       103  client one    sends the request "one" (number 1) to server one
       104  server one    hears the request "one" (number 1) from client one; begins to work on "one"

client one gives up "one"
       104  client one    its request "one" fails: RequestAborted (attempt aborted; may have run; not retriable) after 1 ms

client one asks: "two"
       104  client one    sends the request "two" (number 2) to server one
       105  server one    hears the request "two" (number 2) from client one; begins to work on "two"

server one answers
       105  server one    sends the answer "ONE" (number 1) to client one
       106  client one    hears the answer "ONE" (number 1) from server one; nobody waits for it any more

server one answers
       106  server one    sends the answer "TWO" (number 2) to client one
       107  client one    hears the answer "TWO" (number 2) from server one;
                          has the answer of server one to "two": "TWO" (attempt replied) after 3 ms
