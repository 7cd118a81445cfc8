A broker that was never there: three attempts of 2.5 s, then RequestTimedOut

Pattern: majordomo
Failure: the broker is absent

Client and worker connect to nobody. The client gives up after its attempts, the worker never: it takes the silence of
three intervals for a lost broker, and the pauses between its tries double. When the broker comes, both are served.

worker one offers echo
client one connects to the broker
         0  worker one    connects to the broker; sends READY for echo to the broker
         0  client one    connects to the broker; sends the probe to the broker

client one asks for echo: "hello"
            nothing

time passes until every request has its outcome
       250  client one    connects to the broker; knows its broker (correlation socket);
                          sends REQUEST "hello" for echo to the broker
       750  client one    connects to the broker; sends the probe to the broker
      1750  client one    connects to the broker; sends the probe to the broker
            (1 heartbeat from worker one to the broker: 1 sent, 0 heard)
      2501  client one    an attempt times out
      2601  client one    connects to the broker; makes attempt 2 (the last one: timed-out);
                          sends REQUEST "hello" for echo to the broker
      3750  client one    connects to the broker; sends the probe to the broker
            (1 heartbeat from worker one to the broker: 1 sent, 0 heard)
      5101  client one    an attempt times out
      5301  client one    connects to the broker; makes attempt 3 (the last one: timed-out);
                          sends REQUEST "hello" for echo to the broker
      7500  worker one    loses the broker: silent; tries again in 500 ms; sends HEARTBEAT to the broker
      7750  client one    connects to the broker; sends the probe to the broker
      7801  client one    an attempt times out;
                          its request "hello" fails: RequestTimedOut (attempts timed-out, timed-out, timed-out; may have run) after 7800 ms

20000 ms pass
      8000  worker one    connects to the broker; sends READY for echo to the broker
            (2 heartbeats from worker one to the broker: 2 sent, 0 heard)
     15500  worker one    loses the broker: silent; tries again in 1000 ms; sends HEARTBEAT to the broker
     15750  client one    connects to the broker; sends the probe to the broker
     16500  worker one    connects to the broker; sends READY for echo to the broker
            (2 heartbeats from worker one to the broker: 2 sent, 0 heard)
     23750  client one    connects to the broker; sends the probe to the broker
     24000  worker one    loses the broker: silent; tries again in 2000 ms; sends HEARTBEAT to the broker
     26000  worker one    connects to the broker; sends READY for echo to the broker

the broker listens
     27801  broker        listens

1000 ms pass
   27951.9  broker        hears READY for echo from worker one; registers worker one for echo
     28050  broker        hears the probe from client one; sends the answer to the probe to client one
     28051  client one    hears the answer to the probe from the broker; knows its broker (correlation envelope)
            (1 heartbeat from worker one to the broker)

worker one answers at once from now on

client one asks for echo: "again"
     28801  client one    sends REQUEST "again" for echo to the broker
     28802  broker        hears REQUEST "again" for echo from client one;
                          sends REQUEST "again" (delivery 1) to worker one
     28803  worker one    hears REQUEST "again" (delivery 1) from the broker; begins to work on "again";
                          sends REPLY "AGAIN" to the broker
     28804  broker        hears REPLY "AGAIN" from worker one; sends REPLY "AGAIN" (deliveries 1) to client one
     28805  client one    hears REPLY "AGAIN" (deliveries 1) from the broker;
                          has the answer to "again": "AGAIN" (attempt replied; deliveries 1) after 4 ms
