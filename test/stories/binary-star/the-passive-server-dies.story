The passive server dies: the active one goes on alone

Pattern: binary-star
Failure: the passive server dies

Its clients notice nothing. It cannot be told to hand over while nobody is there.

the primary listens
the backup listens
client one connects to primary, backup
everybody answers at once from now on
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
         2  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends WAITING (no epoch) and a question to the primary
         2  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (1 heartbeat each way between the backup and the primary)
         4  primary       hears WAITING (no epoch) and a question from the backup; serves, epoch 1: peer-waiting;
                          sends ACTIVE (epoch 1) to the backup
         5  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves

600 ms pass
            (1 heartbeat each way between the backup and the primary)

the backup crashes
       606  primary       connects to the backup; sends ACTIVE (epoch 1) to the backup

client one asks: "hello"
       607  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary
       609  primary       hears the request "hello" (knows no epoch) from client one; begins to work on "hello";
                          sends the answer "HELLO" (epoch 1) to client one
       610  client one    hears the answer "HELLO" (epoch 1) from the primary;
                          has the answer of the primary to "hello": "HELLO" (attempt replied) after 3 ms

3000 ms pass
            (3 heartbeats from the primary to the backup: 3 sent, 0 heard)
      2501  primary       misses its peer, silent for 2000 ms
            (3 heartbeats from the primary to the backup: 3 sent, 0 heard)

the primary is told to hand over
      3610  primary       cannot hand over while active: the peer is not there to take over
