A backup on its own serves by itself after loneBackupAfter, if somebody asks

Pattern: binary-star
Failure: the backup is alone from the beginning

For pairs whose backup is to come up without its primary, and nobody is there to say so.

the backup listens, with loneBackupAfter 5000
client one connects to backup
everybody answers at once from now on
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens

8000 ms pass
            (16 heartbeats from the backup to the primary: 16 sent, 0 heard)

client one asks: "hello"
      8001  client one    connects to the backup; sends the request "hello" (knows no epoch) to the backup
      8003  backup        hears the request "hello" (knows no epoch) from client one; serves, epoch 1: peer-silent;
                          sends ACTIVE (epoch 1) to the primary
      8003  backup        begins to work on "hello"; sends the answer "HELLO" (epoch 1) to client one
      8004  client one    hears the answer "HELLO" (epoch 1) from the backup;
                          has the answer of the backup to "hello": "HELLO" (attempt replied) after 3 ms
