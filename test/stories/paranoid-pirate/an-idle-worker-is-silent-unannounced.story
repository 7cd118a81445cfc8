An idle worker is frozen where nobody is told of ended connections: it is ready again when it says READY

Pattern: paranoid-pirate
Failure: an idle worker is silent: frozen, or its link is dead
Disconnect notices: off

It expired while idle and is forgotten. Its heartbeats do not bring it back; hearing none, it loses patience, and says
READY on a new connection.

the queue listens, with transportHeartbeatInterval 0
worker one is ready, with transportHeartbeatInterval 0
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         2  queue         hears READY from worker one; registers worker one

worker one stands still
            nothing

4000 ms pass
            (2 heartbeats from the queue to worker one: 2 sent, 0 heard)
      3002  queue         loses worker one: expired, noticed by heartbeat

worker one goes on
            (2 heartbeats from the queue to worker one: 0 sent, 2 heard)
            (1 heartbeat from worker one to the queue)

5000 ms pass
      4022  worker one    finds that it stood still for 3002 ms
            (2 heartbeats from worker one to the queue)
      7002  worker one    loses the queue: silent; tries again in 1000 ms
      8002  worker one    connects to the queue; sends READY to the queue
      8004  queue         hears READY from worker one; registers worker one
            (1 heartbeat from worker one to the queue)
