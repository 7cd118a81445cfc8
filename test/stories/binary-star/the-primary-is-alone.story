A primary on its own serves whoever asks after two seconds

Pattern: binary-star
Failure: the primary is alone from the beginning

Until then its peer may still come, and be the one that serves. What is asked meanwhile waits.

the primary listens
client one connects to primary, backup, with requestTimeout 3000
everybody answers at once from now on
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens

500 ms pass
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)

client one asks: "hello"
       501  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary
       503  primary       hears the request "hello" (knows no epoch) from client one; keeps it: a vote;
                          sends WAITING (no epoch) and a question to the backup

time passes until every request has its outcome
            (2 heartbeats from the primary to the backup: 2 sent, 0 heard)
      2000  primary       serves, epoch 1: peer-silent; sends ACTIVE (epoch 1) to the backup
      2000  primary       begins to work on "hello"; sends the answer "HELLO" (epoch 1) to client one
      2001  client one    hears the answer "HELLO" (epoch 1) from the primary;
                          has the answer of the primary to "hello": "HELLO" (attempt replied) after 1500 ms
