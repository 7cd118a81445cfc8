The broker’s event loop is blocked for longer than an idle worker’s patience

Pattern: majordomo
Failure: the broker's event loop is blocked

An idle worker has patience for 7.5 s; then it leaves and says READY on a new connection, which waits in the broker's
socket with the rest. A request that came meanwhile is answered, later, and was delivered once.

the broker listens
worker one offers echo
client one connects to the broker, with requestTimeout 30000
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo
         2  broker        hears the probe from client one; sends the answer to the probe to client one
         3  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)

worker one answers at once from now on

the event loop of the broker is blocked for 10000 ms
            nothing

client one asks for echo: "hello"
         3  client one    sends REQUEST "hello" for echo to the broker

10300 ms pass
            (2 heartbeats from worker one to the broker: 2 sent, 0 heard)
      7500  worker one    loses the broker: silent; tries again in 500 ms; sends HEARTBEAT to the broker
      8000  worker one    connects to the broker; sends READY for echo to the broker
     10003  broker        goes on
     10003  broker        hears REQUEST "hello" for echo from client one;
                          loses worker one with a request: unreachable, noticed by transport;
                          takes the request back (deliveries 0)
            (1 heartbeat from worker one to the broker: 0 sent, 1 heard)
     10003  broker        hears READY for echo from worker one; registers worker one for echo;
                          sends REQUEST "hello" (delivery 1) to worker one
            (2 heartbeats from worker one to the broker: 0 sent, 2 heard)
     10004  worker one    hears REQUEST "hello" (delivery 1) from the broker; begins to work on "hello";
                          sends REPLY "HELLO" to the broker
     10005  broker        hears REPLY "HELLO" from worker one; sends REPLY "HELLO" (deliveries 1) to client one
     10006  client one    hears REPLY "HELLO" (deliveries 1) from the broker;
                          has the answer to "hello": "HELLO" (attempt replied; deliveries 1) after 10003 ms
     10023  broker        finds that it stood still for 7501 ms

the broker has counted
     10304  broker        accepted 1, replied 1, deliveries 1, requeued 1, workersRegistered 2, workersLost 1, mmi 1
