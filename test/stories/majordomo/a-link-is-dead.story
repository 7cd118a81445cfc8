A link goes dead under a worker that heartbeats at work, and no ping is sent

Pattern: majordomo
Failure: a worker is frozen, or its link is dead

Without the transport's pings the heartbeats of the protocol are what is left. The worker was heard in two intervals of
a request, so the broker expects to hear it at work, and gives it up after three silent intervals (7.5 s).

the broker listens, with transportHeartbeatInterval 0
worker one offers echo, with transportHeartbeatInterval 0
worker two offers echo, with transportHeartbeatInterval 0
client one connects to the broker, with requestTimeout 30000 and transportHeartbeatInterval 0
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  worker two    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears READY for echo from worker two; registers worker two for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

8000 ms pass
            (3 heartbeats each way between worker one and the broker)
            (3 heartbeats each way between worker two and the broker)

nothing passes between worker one and the broker
            nothing

8000 ms pass
            (3 heartbeats from worker one to the broker: 3 sent, 0 heard)
            (3 heartbeats from worker two to the broker)
            (2 heartbeats from the broker to worker two)
            (2 heartbeats from the broker to worker one: 2 sent, 0 heard)
     15001  broker        loses worker one with a request: expired, noticed by heartbeat;
                          takes the request back (deliveries 1); sends DISCONNECT to worker one;
                          sends REQUEST "hello" (delivery 2) to worker two
     15002  worker two    hears REQUEST "hello" (delivery 2) from the broker; begins to work on "hello"

worker two answers
     16005  worker two    sends REPLY "HELLO" to the broker
     16006  broker        hears REPLY "HELLO" from worker two; sends REPLY "HELLO" (deliveries 2) to client one
     16007  client one    hears REPLY "HELLO" (deliveries 2) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 2) after 16004 ms

everything passes between worker one and the broker again
            (2 heartbeats from the broker to worker one: 0 sent, 2 heard)
            (1 heartbeat from worker one to the broker)
     16008  worker one    hears DISCONNECT from the broker; its handler is told that nobody waits any more;
                          loses the broker: dismissed; tries again when its handler has ended
            (3 heartbeats from worker one to the broker: 0 sent, 3 heard)

worker one answers
     16009  worker one    discards the result: nobody waits for it

1000 ms pass
     16509  worker one    connects to the broker; sends READY for echo to the broker
     16511  broker        hears READY for echo from worker one; registers worker one for echo

the broker has counted
     17009  broker        accepted 1, replied 1, deliveries 2, requeued 1, workersRegistered 3, workersLost 1, mmi 1
