A client asks the backup before anybody serves

Pattern: binary-star
Failure: a client asks the passive server

What it asks waits. When the primary serves, the backup asks it once more, to be certain, and sends the client there.

the backup listens
client one connects to backup, primary
everybody answers at once from now on
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens

client one asks: "hello"
         1  client one    connects to the backup; sends the request "hello" (knows no epoch) to the backup
         3  backup        hears the request "hello" (knows no epoch) from client one; keeps it: a vote;
                          sends WAITING (no epoch) and a question to the primary

the primary listens
         3  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         5  backup        hears WAITING (no epoch) from the primary; finds its peer

time passes until every request has its outcome
      28.7  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (2 heartbeats from the backup to the primary: 1 sent, 2 heard)
            (1 heartbeat from the primary to the backup)
      30.7  primary       hears WAITING (no epoch) and a question from the backup; serves, epoch 1: peer-waiting;
                          sends ACTIVE (epoch 1) to the backup
      31.7  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves;
                          sends WAITING (no epoch) and a question to the primary
            (2 heartbeats from the primary to the backup)
      33.7  backup        hears ACTIVE (epoch 1) from the primary; sends that it is passive (epoch 1) to client one
      34.7  client one    hears that it is passive (epoch 1) from the backup
      54.7  client one    connects to the primary; makes attempt 2 (the last one: refused);
                          sends the request "hello" (knows epoch 1) to the primary
      56.7  primary       hears the request "hello" (knows epoch 1) from client one; begins to work on "hello";
                          sends the answer "HELLO" (epoch 1) to client one
      57.7  client one    hears the answer "HELLO" (epoch 1) from the primary;
                          has the answer of the primary to "hello": "HELLO" (attempts refused, replied) after 56.7 ms
