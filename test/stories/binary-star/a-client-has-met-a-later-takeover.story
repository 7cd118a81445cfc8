A client tells an old server of a later takeover, and it steps down

Pattern: binary-star
Failure: a client has met a later takeover

The primary cannot hear its peer, and still serves. A client that was served by the backup loses its connection, comes to the primary
with the backup's epoch, and finds the way back.

the primary listens
the backup listens
client one connects to backup, primary
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

2500 ms pass
            (4 heartbeats from the backup to the primary: 4 sent, 0 heard)
            (3 heartbeats from the primary to the backup: 3 sent, 0 heard)
      2501  primary       misses its peer, silent for 2000 ms
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)
      2505  backup        misses its peer, silent for 2000 ms
      2803  primary       connects to the backup; sends ACTIVE (epoch 1) to the backup
    2981.7  backup        connects to the primary; sends PASSIVE (epoch 1) to the primary
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)

client one asks: "one"
      3105  client one    connects to the backup; sends the request "one" (knows no epoch) to the backup
      3107  backup        hears the request "one" (knows no epoch) from client one; serves, epoch 2: peer-silent;
                          sends ACTIVE (epoch 2) to the primary
      3107  backup        begins to work on "one"

the backup answers
      3107  backup        sends the answer "ONE" (epoch 2) to client one
      3108  client one    hears the answer "ONE" (epoch 2) from the backup;
                          has the answer of the backup to "one": "ONE" (attempt replied) after 3 ms

client one asks: "two"
      3108  client one    sends the request "two" (knows epoch 2) to the backup
      3109  backup        hears the request "two" (knows epoch 2) from client one; begins to work on "two"

the connections between client one and the backup are reset
      3110  client one    an attempt loses its connection
      3110  backup        a client has left; its handler is told that nobody waits any more

the backup answers at once from now on

time passes until every request has its outcome
      3130  client one    connects to the primary; makes attempt 2 (the last one: connection-lost);
                          sends the request "two" (knows epoch 2) to the primary
      3132  primary       hears the request "two" (knows epoch 2) from client one;
                          learns from a client that epoch 2 has begun; is passive, epoch 2: superseded;
                          sends PASSIVE (epoch 2) to the backup
      3133  client one    an attempt loses its connection
      3233  client one    connects to the backup; makes attempt 3 (the last one: connection-lost);
                          sends the request "two" (knows epoch 2) to the backup
      3235  backup        hears the request "two" (knows epoch 2) from client one; begins to work on "two";
                          sends the answer "TWO" (epoch 2) to client one
      3236  client one    hears the answer "TWO" (epoch 2) from the backup;
                          has the answer of the backup to "two": "TWO" (attempts connection-lost, connection-lost, replied) after 128 ms
