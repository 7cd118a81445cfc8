The broker is frozen and there are no pings: an idle worker’s patience ends after 7.5 s

Pattern: majordomo
Failure: the broker is frozen

Nothing but its silence says that the broker is gone. The worker leaves after three intervals and connects anew, after
longer and longer pauses.

the broker listens, with transportHeartbeatInterval 0
worker one offers echo, with transportHeartbeatInterval 0
         0  broker        listens
         0  worker one    connects to the broker; sends READY for echo to the broker
         2  broker        hears READY for echo from worker one; registers worker one for echo

the broker stands still
            nothing

20000 ms pass
            (2 heartbeats from worker one to the broker: 2 sent, 0 heard)
      7500  worker one    loses the broker: silent; tries again in 500 ms; sends HEARTBEAT to the broker
      8000  worker one    connects to the broker; sends READY for echo to the broker
            (2 heartbeats from worker one to the broker: 2 sent, 0 heard)
     15500  worker one    loses the broker: silent; tries again in 1000 ms; sends HEARTBEAT to the broker
     16500  worker one    connects to the broker; sends READY for echo to the broker
            (1 heartbeat from worker one to the broker: 1 sent, 0 heard)
