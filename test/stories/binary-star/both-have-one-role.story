Both servers are set up as the primary

Pattern: binary-star
Failure: both servers are set up with one role

Neither takes the other for its peer, and both say so. Neither serves while it hears the other, whoever asks; an operator can have one serve.

the primary listens
the backup listens, with role primary
client one connects to primary
everybody answers at once from now on
         0  primary       connects to the backup; sends WAITING (no epoch) to the backup; listens
         0  backup        connects to the primary; sends WAITING (no epoch) to the primary; listens
         2  backup        hears WAITING (no epoch) from the primary;
                          says that it is set up wrongly: both servers are set up as primary
         2  primary       hears WAITING (no epoch) from the backup;
                          says that it is set up wrongly: both servers are set up as primary

600 ms pass
            (1 heartbeat each way between the primary and the backup)

client one asks: "hello"
       602  client one    connects to the primary; sends the request "hello" (knows no epoch) to the primary
       604  primary       hears the request "hello" (knows no epoch) from client one; keeps it: a vote;
                          sends WAITING (no epoch) and a question to the backup

3000 ms pass
            (2 heartbeats each way between the primary and the backup)
      1602  client one    an attempt times out
      1702  client one    connects to the primary; makes attempt 2 (the last one: timed-out);
                          sends the request "hello" (knows no epoch) to the primary
      1704  primary       hears the request "hello" (knows no epoch) from client one; keeps it: a vote
            (2 heartbeats each way between the primary and the backup)
      2702  client one    an attempt times out
      2902  client one    connects to the primary; makes attempt 3 (the last one: timed-out);
                          sends the request "hello" (knows no epoch) to the primary
      2904  primary       hears the request "hello" (knows no epoch) from client one; keeps it: a vote;
                          says that it is set up wrongly: both servers are set up as primary
            (2 heartbeats each way between the primary and the backup)

the primary is told to serve
            nothing

2100 ms pass
      3902  client one    an attempt times out
            (1 heartbeat each way between the backup and the primary)
      4302  client one    connects to the primary; makes attempt 4 (the last one: timed-out);
                          sends the request "hello" (knows no epoch) to the primary
      4304  primary       hears the request "hello" (knows no epoch) from client one; keeps it: a vote
            (2 heartbeats each way between the backup and the primary)
      5302  client one    an attempt times out
            (1 heartbeat each way between the backup and the primary)
      5501  primary       serves, epoch 1: peer-silent; sends ACTIVE (epoch 1) to the backup

client one asks: "hello again"
      5705  client one    connects to the primary; sends the request "hello again" (knows no epoch) to the primary
      5707  primary       hears the request "hello again" (knows no epoch) from client one;
                          begins to work on "hello again"; sends the answer "HELLO AGAIN" (epoch 1) to client one
      5708  client one    hears the answer "HELLO AGAIN" (epoch 1) from the primary;
                          has the answer of the primary to "hello again": "HELLO AGAIN" (attempt replied) after 3 ms
