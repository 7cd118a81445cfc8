A stranger’s frames at the clients’ door become a request

Pattern: paranoid-pirate
Failure: a peer sends garbage

A bare DEALER's body may be anything, so there is no garbage here: a worker gets it, and answers it.

the queue listens
worker one is ready
stranger one connects to the queue as a client
worker one answers at once from now on
         0  queue         listens
         0  worker one    connects to the queue; sends READY to the queue
         0  stranger one  connects to the queue
         2  queue         hears READY from worker one; registers worker one

stranger one sends "GET / HTTP/1.1"
         2  stranger one  sends the frames "GET / HTTP/1.1" to the queue
         3  queue         hears the frames "GET / HTTP/1.1" from stranger one;
                          sends the request "GET / HTTP/1.1" (delivery 1) to worker one
         4  worker one    hears the request "GET / HTTP/1.1" (delivery 1) from the queue;
                          begins to work on "GET / HTTP/1.1"; sends the reply "GET / HTTP/1.1" to the queue
         5  queue         hears the reply "GET / HTTP/1.1" from worker one;
                          sends the frames "GET / HTTP/1.1" to stranger one
         6  stranger one  hears the frames "GET / HTTP/1.1" from the queue

stranger one sends "" ""
         6  stranger one  sends the request "" to the queue
         7  queue         hears the request "" from stranger one; sends the request "" (delivery 1) to worker one
         8  worker one    hears the request "" (delivery 1) from the queue; begins to work on "";
                          sends the reply "" to the queue
         9  queue         hears the reply "" from worker one; sends the answer "" to stranger one
        10  stranger one  hears the answer "" from the queue

the queue has counted
        10  queue         accepted 2, replied 2, deliveries 2, workersRegistered 1
