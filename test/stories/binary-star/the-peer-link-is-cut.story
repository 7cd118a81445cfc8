The peer link is cut while clients reach both: both serve, the second with a later epoch

Pattern: binary-star
Failure: the peer link is cut

A client that has met the later epoch believes no answer of an earlier one.

the primary listens
the backup listens
client one connects to primary
client two connects to backup
client three connects to backup, primary
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

nothing passes between the primary and the backup
            nothing

3000 ms pass
            (4 heartbeats from the backup to the primary: 4 sent, 0 heard)
            (3 heartbeats from the primary to the backup: 3 sent, 0 heard)
      2501  primary       misses its peer, silent for 2000 ms
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)
      2505  backup        misses its peer, silent for 2000 ms
      2803  primary       connects to the backup; sends ACTIVE (epoch 1) to the backup
    2981.7  backup        connects to the primary; sends PASSIVE (epoch 1) to the primary
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
            (2 heartbeats from the primary to the backup: 2 sent, 0 heard)

client two asks: "two"
      3605  client two    connects to the backup; sends the request "two" (knows no epoch) to the backup
      3607  backup        hears the request "two" (knows no epoch) from client two; serves, epoch 2: peer-silent;
                          sends ACTIVE (epoch 2) to the primary
      3607  backup        begins to work on "two"; sends the answer "TWO" (epoch 2) to client two
      3608  client two    hears the answer "TWO" (epoch 2) from the backup;
                          has the answer of the backup to "two": "TWO" (attempt replied) after 3 ms

client one asks: "one"
      3608  client one    connects to the primary; sends the request "one" (knows no epoch) to the primary
      3610  primary       hears the request "one" (knows no epoch) from client one; begins to work on "one";
                          sends the answer "ONE" (epoch 1) to client one
      3611  client one    hears the answer "ONE" (epoch 1) from the primary;
                          has the answer of the primary to "one": "ONE" (attempt replied) after 3 ms

client three asks: "three"
      3611  client three  connects to the backup; sends the request "three" (knows no epoch) to the backup
      3613  backup        hears the request "three" (knows no epoch) from client three; begins to work on "three";
                          sends the answer "THREE" (epoch 2) to client three
      3614  client three  hears the answer "THREE" (epoch 2) from the backup;
                          has the answer of the backup to "three": "THREE" (attempt replied) after 3 ms
