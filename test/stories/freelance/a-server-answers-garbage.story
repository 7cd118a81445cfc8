A server answers garbage, then a request that it was not sent, then its own

Pattern: freelance
Failure: a server answers garbage, or another’s request

What is no answer is counted. An answer counts only from the server to which its number went.

stranger one listens
stranger two listens
client one connects to stranger one, stranger two, with model sequential
         0  stranger one  listens
         0  stranger two  listens

client one asks: "hello"
         0  client one    connects to stranger one; sends the request "hello" (number 1) to stranger one
         2  stranger one  hears the request "hello" (number 1) from client one

stranger one sends "garbage"
         2  stranger one  sends the frames "garbage" to client one
         3  client one    hears the frames "garbage" from stranger one; knows that stranger one is alive;
                          invalid is now 1

stranger one sends 0x535703000000000000000009 "" "to another one's"
         3  stranger one  sends the answer "to another one's" (number 9) to client one
         4  client one    hears the answer "to another one's" (number 9) from stranger one;
                          nobody waits for it any more

stranger one sends <handle> "" "mine"
         4  stranger one  sends the answer "mine" (number 1) to client one
         5  client one    hears the answer "mine" (number 1) from stranger one;
                          has the answer to "hello": "mine" (attempt replied) after 5 ms
