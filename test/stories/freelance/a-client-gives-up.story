A client gives up: the server is not told while the connection lives

Pattern: freelance
Failure: a client gives up or dies

A client has one connection to each server, for all its requests. Its answer comes late, and meets nobody.

server one listens
client one connects to server one
         0  server one    listens
         0  client one    connects to server one; sends PING to server one
            (1 heartbeat from server one to client one)
         3  client one    hears PONG from server one; knows that server one is alive

100 ms pass
            nothing

client one asks: "hello"
       103  client one    sends the request "hello" (number 1) to server one
       104  server one    hears the request "hello" (number 1) from client one; begins to work on "hello"

client one gives up "hello"
       104  client one    its request "hello" fails: RequestAborted (attempt aborted; may have run; not retriable) after 1 ms

server one answers
       104  server one    sends the answer "HELLO" (number 1) to client one
       105  client one    hears the answer "HELLO" (number 1) from server one; nobody waits for it any more
