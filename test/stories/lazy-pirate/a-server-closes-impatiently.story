A server that closes does not wait for ever

Pattern: lazy-pirate
Failure: the server closes

Its handler does not end within drainTimeout, 5 s. It is told that nobody waits, and the client's attempt ends with the
connection.

server one listens
client one connects to server one
         0  server one    listens

client one asks: "hello", with requestTimeout 10000 and requestRetries 1
         0  client one    connects to server one; sends the request "hello" to server one
         2  server one    hears the request "hello" from client one; begins to work on "hello"

server one is told to stop
            nothing

6000 ms pass
      5002  server one    its handler is told that nobody waits any more; has closed
      5003  client one    an attempt loses its connection;
                          its request "hello" fails: RequestAbandoned connection-lost (attempt connection-lost; may have run) after 5003 ms
