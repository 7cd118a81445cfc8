The broker’s event loop is blocked for longer than its workers may be silent

Pattern: majordomo
Failure: the broker's event loop is blocked

The worker is known to heartbeat at work, so its silence would count after 7.5 s. On waking, the broker's timers are
long past, and heartbeats wait in its socket. It reads before it judges: nobody expires.

the broker listens
worker one offers echo
client one connects to the broker, with requestTimeout 30000
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker
         4  broker        hears REQUEST "hello" for echo from client one;
                          sends REQUEST "hello" (delivery 1) to worker one
         5  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello"

8000 ms pass
            (3 heartbeats each way between worker one and the broker)

the event loop of the broker is blocked for 10000 ms
            nothing

10100 ms pass
            (4 heartbeats from worker one to the broker: 4 sent, 0 heard)
     18005  broker        goes on
            (5 heartbeats from worker one to the broker: 1 sent, 5 heard)
            (2 heartbeats from the broker to worker one)
     18025  broker        finds that it stood still for 8001 ms

worker one answers
     18105  worker one    sends REPLY "HELLO" to the broker
     18106  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
     18107  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 18104 ms

the broker has counted
     18107  broker        accepted 1, replied 1, deliveries 1, workersRegistered 1, mmi 1
