A backup on its own serves nobody until an operator says so

Pattern: binary-star
Failure: the backup is alone from the beginning

The primary may be about to come, or serve behind a cut. Only a person can know.

the backup listens
client one connects to backup, with requestTimeout 10000
everybody answers at once from now on
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens

3000 ms pass
            (6 heartbeats from the backup to the primary: 6 sent, 0 heard)

client one asks: "hello"
      3001  client one    connects to the backup; sends the request "hello" (knows no epoch) to the backup
      3003  backup        hears the request "hello" (knows no epoch) from client one; keeps it: a vote

1000 ms pass
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)

the backup is told to serve
      4003  backup        serves, epoch 1: operator; sends ACTIVE (epoch 1) to the primary
      4003  backup        begins to work on "hello"; sends the answer "HELLO" (epoch 1) to client one
      4004  client one    hears the answer "HELLO" (epoch 1) from the backup;
                          has the answer of the backup to "hello": "HELLO" (attempt replied) after 1003 ms
