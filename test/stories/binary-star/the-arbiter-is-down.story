The arbiter is down: nobody serves until it is back

Pattern: binary-star
Failure: the arbiter cannot be reached

With an arbiter it is better that nobody serves than that two do.

the arbiter listens
the primary listens
the backup listens
client one connects to primary, backup, with requestTimeout 3000
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

the arbiter crashes
            nothing

2200 ms pass
            (1 heartbeat from the backup to the primary)
      1007  primary       sends ACTIVE (epoch 1) to the backup; connects to the arbiter;
                          sends a renewal (epoch 1) to the arbiter
      1407  primary       an attempt times out
            (1 heartbeat from the backup to the primary)
      1507  primary       sends ACTIVE (epoch 1) to the backup; connects to the arbiter;
                          sends a renewal (epoch 1) to the arbiter
      1907  primary       an attempt times out
            (1 heartbeat from the backup to the primary)
      2007  primary       sends ACTIVE (epoch 1) to the backup; connects to the arbiter;
                          sends a renewal (epoch 1) to the arbiter
      2407  primary       an attempt times out
            (1 heartbeat from the backup to the primary)
      2507  primary       sends PASSIVE (epoch 1) to the backup, 2 times; connects to the arbiter;
                          has no lease any more; is passive, epoch 1: lease-lost;
                          sends the lease back (epoch 1) to the arbiter
            (1 heartbeat from the backup to the primary)
            (2 heartbeats from the primary to the backup)
      2510  backup        hears PASSIVE (epoch 1) and a question from the primary;
                          sends PASSIVE (epoch 1) to the primary; connects to the arbiter;
                          sends a claim (epoch 2) to the arbiter

client one asks: "hello"
      2809  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary
      2811  primary       hears the request "hello" (knows no epoch) from client one

the arbiter restarts
      2811  arbiter       listens
    2816.3  arbiter       hears the lease back (epoch 1) from the primary; sends thanks (epoch 1) to the primary
    2817.3  primary       hears thanks (epoch 1) from the arbiter; sends a claim (epoch 2) to the arbiter
    2818.3  arbiter       hears a claim (epoch 2) from the primary; sends the lease (epoch 2) to the primary
    2819.3  primary       hears the lease (epoch 2) from the arbiter; serves, epoch 2: peer-passive;
                          sends ACTIVE (epoch 2) to the backup
    2819.3  primary       begins to work on "hello"; sends the answer "HELLO" (epoch 2) to client one
            (1 heartbeat from the backup to the primary)
    2820.3  client one    hears the answer "HELLO" (epoch 2) from the primary;
                          has the answer of the primary to "hello": "HELLO" (attempt replied) after 11.3 ms
            (1 heartbeat from the primary to the backup)

time passes until every request has its outcome
            nothing
