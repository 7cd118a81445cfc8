A handler blocks its event loop in a worker that was never heard at work

Pattern: majordomo
Failure: a handler blocks its event loop

It is blocked with its first request, as a worker with one thread would be. Nobody notices, and its reply is as good as
any.

the broker listens
worker one offers echo
worker two offers echo
client one connects to the broker, with requestTimeout 30000
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

the event loop of worker one is blocked
            nothing

15000 ms pass
            (6 heartbeats each way between worker two and the broker)
            (6 heartbeats from the broker to worker one: 6 sent, 0 heard)

worker one goes on
worker one answers
     15005  worker one    sends REPLY "HELLO" to the broker
            (6 heartbeats from the broker to worker one: 0 sent, 6 heard)
            (3 heartbeats from worker one to the broker)
     15006  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
            (1 heartbeat from the broker to worker one)
     15007  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 15004 ms
