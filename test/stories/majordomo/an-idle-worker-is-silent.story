An idle worker that never heartbeats is sent away after three intervals

Pattern: majordomo
Failure: an idle worker is silent

The stranger answers the transport's pings but has no heartbeats. While idle it owes them. It is told DISCONNECT, so
that one that is merely slow could register again.

the broker listens
stranger one connects to the broker as a worker
         0  broker        listens
         0  stranger one  connects to the broker

stranger one sends "" "MDPW01" 0x01 "echo"
         1  stranger one  sends READY for echo to the broker
         2  broker        hears READY for echo from stranger one; registers stranger one for echo

8000 ms pass
            (2 heartbeats from the broker to stranger one)
      7502  broker        loses stranger one: expired, noticed by heartbeat; sends DISCONNECT to stranger one
      7503  stranger one  hears DISCONNECT from the broker
