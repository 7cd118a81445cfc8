The active server is cut off from its peer and from the arbiter: it stops before the other one begins

Pattern: binary-star
Failure: the arbiter cannot be reached

Its lease is not renewed, and ends at its own clock first. Clients on its side of the cut hear nothing; those on the other side are served.

the arbiter listens
the primary listens
the backup listens
client one connects to primary, with requestTimeout 300 and requestRetries 1
client two connects to backup, with requestTimeout 3000
everybody answers at once from now on
         0  arbiter       listens
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
         2  backup        hears WAITING (no epoch) from the primary; finds its peer;
                          sends WAITING (no epoch) and a question to the primary
         2  primary       hears WAITING (no epoch) from the backup; finds its peer;
                          sends WAITING (no epoch) and a question to the backup
            (1 heartbeat each way between the backup and the primary)
         4  primary       hears WAITING (no epoch) and a question from the backup; connects to the arbiter;
                          sends a claim (epoch 1) to the arbiter
         6  arbiter       hears a claim (epoch 1) from the primary; sends the lease (epoch 1) to the primary
         7  primary       hears the lease (epoch 1) from the arbiter; serves, epoch 1: peer-waiting;
                          sends ACTIVE (epoch 1) to the backup
         8  backup        hears ACTIVE (epoch 1) from the primary; is passive, epoch 1: peer-serves

600 ms pass
            (1 heartbeat each way between the backup and the primary)
            (1 heartbeat each way between the primary and the arbiter)

nothing passes between the primary and the backup
nothing passes between the primary and the arbiter
            nothing

client two asks: "two"
       608  client two    connects to the backup; sends the request "two" (knows no epoch) to the backup
       610  backup        hears the request "two" (knows no epoch) from client two; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the primary

time passes until every request has its outcome
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
            (1 heartbeat from the primary to the backup: 1 sent, 0 heard)
            (1 heartbeat from the primary to the arbiter: 1 sent, 0 heard)
      1407  primary       a message is lost on the way to the arbiter; an attempt times out
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
      1507  primary       sends ACTIVE (epoch 1) to the backup; connects to the arbiter;
                          sends a renewal (epoch 1) to the arbiter
      1907  primary       an attempt times out
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
      2007  primary       sends ACTIVE (epoch 1) to the backup; connects to the arbiter;
                          sends a renewal (epoch 1) to the arbiter
      2407  primary       an attempt times out
            (1 heartbeat from the backup to the primary: 1 sent, 0 heard)
      2501  primary       misses its peer, silent for 2000 ms
      2507  primary       sends PASSIVE (epoch 1) to the backup, 2 times; connects to the arbiter;
                          has no lease any more; is passive, epoch 1: lease-lost;
                          sends the lease back (epoch 1) to the arbiter
      2508  backup        connects to the arbiter; sends a claim (epoch 2) to the arbiter
      2510  arbiter       hears a claim (epoch 2) from the backup; sends the lease (epoch 2) to the backup
      2511  backup        hears the lease (epoch 2) from the arbiter; serves, epoch 2: peer-silent;
                          misses its peer, silent for 2003 ms; sends ACTIVE (epoch 2) to the primary
      2511  backup        begins to work on "two"; sends the answer "TWO" (epoch 2) to client two
      2512  client two    hears the answer "TWO" (epoch 2) from the backup;
                          has the answer of the backup to "two": "TWO" (attempt replied) after 1904 ms

client one asks: "one"
      2512  client one    connects to the primary; sends the request "one" (knows no epoch) to the primary
      2514  primary       hears the request "one" (knows no epoch) from client one; keeps it: a vote;
                          sends PASSIVE (epoch 1) and a question to the backup

time passes until every request has its outcome
      2806  primary       connects to the backup; sends PASSIVE (epoch 1) and a question to the backup
      2812  client one    an attempt times out;
                          its request "one" fails: RequestAbandoned timed-out (attempt timed-out; may have run) after 300 ms
