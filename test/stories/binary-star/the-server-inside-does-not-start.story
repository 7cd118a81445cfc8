The server inside the primary cannot be started, and the backup takes over

Pattern: binary-star
Failure: the server inside cannot be started

A disk is full, say, or a file has gone. The primary says that it resigns, so that nobody has to wait.

the server inside the primary cannot be started from now on
everybody answers at once from now on

the primary listens
the backup listens
client one connects to primary, backup
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
         2  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends WAITING (no epoch) and a question to the primary
         2  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (1 heartbeat each way between the backup and the primary)
         4  primary       hears WAITING (no epoch) and a question from the backup; serves, epoch 1: peer-waiting;
                          cannot go on: ServiceFailed; sends ACTIVE (epoch 1) to the backup;
                          sends RESIGNED (epoch 1) to the backup
         5  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves
         5  backup        hears RESIGNED (epoch 1) from the primary; serves, epoch 2: peer-resigned;
                          sends ACTIVE (epoch 2) to the primary
         6  primary       hears ACTIVE (epoch 2) from the backup; has closed
         7  backup        connects to the primary; sends ACTIVE (epoch 2) to the primary

client one asks: "hello"
         8  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary

time passes until every request has its outcome
            (2 heartbeats from the backup to the primary: 2 sent, 0 heard)
      1008  client one    an attempt times out
      1028  client one    connects to the backup; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" (knows no epoch) to the backup
      1030  backup        hears the request "hello" (knows no epoch) from client one; begins to work on "hello";
                          sends the answer "HELLO" (epoch 2) to client one
      1031  client one    hears the answer "HELLO" (epoch 2) from the backup;
                          has the answer of the backup to "hello": "HELLO" (attempts timed-out, replied) after 1023 ms
