A worker with one thread is silent while it works, and keeps its request

Pattern: majordomo
Failure: a single-threaded worker is silent while it works

It was never heard at work, so its silence means nothing. After 20 s, which is many intervals, its reply is as good as
any.

the broker listens
stranger one connects to the broker as a worker
client one connects to the broker, with requestTimeout 30000
         0  broker        listens
         0  stranger one  connects to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

stranger one sends "" "MDPW01" 0x01 "echo"
         3  stranger one  sends READY for echo to the broker
         4  broker        hears READY for echo from stranger one; registers stranger one for echo

client one asks for echo: "hello"
         4  client one    sends REQUEST "hello" for echo to the broker
         5  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to stranger one
         6  stranger one  hears REQUEST "hello" (delivery 1) from the broker

20000 ms pass
            (8 heartbeats from the broker to stranger one)

stranger one sends "" "MDPW01" 0x03 <handle> "" "HELLO"
     20006  stranger one  sends REPLY "HELLO" to the broker
     20007  broker        hears REPLY "HELLO" from stranger one; sends REPLY "HELLO" (deliveries 1) to client one
     20008  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 20004 ms
