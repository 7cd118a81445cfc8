A frame longer than the broker’s own smaller limit costs the connection

Pattern: majordomo
Failure: a frame is longer than the broker takes (maxFrameBytes)

The client's limit is that of the defaults, the broker's is smaller, which nobody told the client. The transport cuts
the connection; each attempt is lost with it.

the broker listens, with maxFrameBytes 1000
worker one offers echo
client one connects to the broker
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: <1001 bytes>
         3  client one    sends REQUEST <1001 bytes> for echo to the broker
         4  client one    a message is lost on the way to the broker
         5  client one    an attempt loses its connection; loses the broker; tries again in 500 ms

time passes until every request has its outcome
       105  client one    makes attempt 2 (the last one: connection-lost)
       505  client one    connects to the broker; sends the probe to the broker
       507  broker        hears the probe from client one; sends the answer to the probe to client one
       508  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope);
                          sends REQUEST <1001 bytes> for echo to the broker
       509  client one    a message is lost on the way to the broker
       510  client one    an attempt loses its connection; loses the broker; tries again in 500 ms
       710  client one    makes attempt 3 (the last one: connection-lost)
      1010  client one    connects to the broker; sends the probe to the broker
      1012  broker        hears the probe from client one; sends the answer to the probe to client one
      1013  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope);
                          sends REQUEST <1001 bytes> for echo to the broker
      1014  client one    a message is lost on the way to the broker
      1015  client one    an attempt loses its connection; loses the broker; tries again in 500 ms;
                          its request <1001 bytes> fails: ConnectionLost (attempts connection-lost, connection-lost, connection-lost; may have run) after 1012 ms
