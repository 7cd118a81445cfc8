/*
 * Load for a Majordomo broker: one plain MDP/0.1 client and any number of plain workers, in one process, on libzmq, fast enough that the
 * broker is what is measured. Workers echo; they may grant credit in their READY, which a broker that does not know it ignores.
 *
 *     cc -O2 -o mdp_load mdp_load.c -lzmq && ./mdp_load <endpoint> <broker's process id>
 *
 * Each line of standard input is one question, each answered by one line of JSON; it ends when standard input does.
 *
 *     serve <service> <workers> <credit>      more workers of a service; credit 0: none is granted
 *     run <service> <window> <bytes> <ms> <most>   requests for so long, or so many (0: no end), so many in flight
 *     enqueue <service> <count> <bytes>       sends requests and reads nothing
 *     barrier <service>                       one request to a service with a free worker: what was sent before has arrived
 *     collect <count>                         reads the replies to enqueued requests, each exactly once
 *     mark                                    processor time of the broker, all threads
 *
 * MDP has no request id, so each body begins with a number, which every reply is checked by.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define HEARTBEAT_NS 2500000000LL
#define SILENCE_NS 10000000000LL
#define MOST_FRAMES 16
#define MOST_WORKERS 1024
/* Requests taken from one worker before they are answered. */
#define MOST_HELD 64
#define MOST_SAMPLES 4000000
#define MOST_BODY 65536
/* Requests in flight at most; a power of two. */
#define RING 65536

typedef struct {
    void *socket;
    bool worked;
} worker_t;

/*
 * Asking a socket whether something came costs a system call each, so only those are asked whose descriptor says so, and all of them
 * after something was sent: sending may have taken in what had come. Whoever asks goes on until nothing is there.
 */
static struct pollfd descriptors[MOST_WORKERS + 2];
static bool ask_all;

static void *context, *client;
static const char *endpoint;
static clockid_t broker_clock;
static worker_t workers[MOST_WORKERS];
static int worker_count, worked, dismissed;
/* Most requests that lay at one worker at once. */
static int most_held;
static int64_t next_beat;
static uint32_t sequence;
static int64_t sent_at[RING];
static uint32_t samples[MOST_SAMPLES];
static char body[MOST_BODY];

static int64_t nanoseconds(clockid_t id)
{
    struct timespec time;
    if (clock_gettime(id, &time) != 0) return 0;
    return (int64_t) time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t now_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

static void fail(const char *what)
{
    fprintf(stderr, "mdp_load: %s\n", what);
    exit(1);
}

/* ---------------------------------------------------------------- sockets */

static void *dealer(void)
{
    int none = 0;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (socket == NULL) fail("no more sockets");
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
    if (zmq_connect(socket, endpoint) != 0) fail("cannot connect");
    return socket;
}

/* Keeps the socket; what to watch is its descriptor. */
static struct pollfd watched(void *socket, void **keep)
{
    struct pollfd found = {0, POLLIN, 0};
    size_t size = sizeof found.fd;
    zmq_getsockopt(socket, ZMQ_FD, &found.fd, &size);
    *keep = socket;
    return found;
}

static void part(void *socket, const void *bytes, size_t size, bool more)
{
    zmq_send(socket, bytes, size, more ? ZMQ_SNDMORE : 0);
}

static void say(void *socket, char command, bool more)
{
    part(socket, "", 0, true);
    part(socket, "MDPW01", 6, true);
    part(socket, &command, 1, more);
}

/* The frames of the next message; 0 when there is none. */
static int receive(void *socket, zmq_msg_t *frames)
{
    int count = 0, more = 1;
    while (more) {
        if (count == MOST_FRAMES) fail("a message with too many frames");
        zmq_msg_init(&frames[count]);
        if (zmq_msg_recv(&frames[count], socket, ZMQ_DONTWAIT) < 0) {
            if (count > 0) fail("a message broke off");
            return 0;
        }
        more = zmq_msg_more(&frames[count++]);
    }
    return count;
}

/* ---------------------------------------------------------------- workers */

/* Takes what lies at a worker, then answers it; how many requests that was. Without credit a broker never lets more than one lie there. */
static int work(worker_t *worker)
{
    static zmq_msg_t held[MOST_HELD][MOST_FRAMES];
    static int counts[MOST_HELD];
    int requests = 0, count;
    while (requests < MOST_HELD && (count = receive(worker->socket, held[requests])) > 0) {
        zmq_msg_t *frames = held[requests];
        char command = count >= 3 && zmq_msg_size(&frames[2]) == 1 ? *(char *) zmq_msg_data(&frames[2]) : 0;
        if (command == 2) {
            counts[requests++] = count;
            continue;
        }
        if (command == 5) dismissed++;
        for (int i = 0; i < count; i++) zmq_msg_close(&frames[i]);
    }
    for (int at = 0; at < requests; at++) {
        zmq_msg_t *frames = held[at];
        say(worker->socket, 3, true);
        for (int i = 0; i < 3; i++) zmq_msg_close(&frames[i]);
        for (int i = 3; i < counts[at]; i++) zmq_msg_send(&frames[i], worker->socket, i + 1 < counts[at] ? ZMQ_SNDMORE : 0);
    }
    if (requests > 0 && !worker->worked) {
        worker->worked = true;
        worked++;
    }
    if (requests > most_held) most_held = requests;
    return requests;
}

/* Of those that something came to, or of all. */
static int work_all(void)
{
    int requests = 0;
    for (int i = 0; i < worker_count; i++) {
        if (!ask_all && descriptors[2 + i].revents == 0) continue;
        for (int taken; (taken = work(&workers[i])) > 0;) requests += taken;
    }
    return requests;
}

static void beat(int64_t now)
{
    if (now < next_beat) return;
    next_beat = now + HEARTBEAT_NS;
    for (int i = 0; i < worker_count; i++) say(workers[i].socket, 4, false);
    ask_all = true;
}

static void serve(const char *service, int count, uint32_t credit)
{
    for (int i = 0; i < count; i++) {
        if (worker_count == MOST_WORKERS) fail("too many workers");
        descriptors[2 + worker_count] = watched(dealer(), &workers[worker_count].socket);
        void *socket = workers[worker_count++].socket;
        say(socket, 1, true);
        part(socket, service, strlen(service), credit > 0);
        if (credit > 0) {
            uint8_t grant[12] = {'S', 'W', 3};
            uint32_t bytes = htonl(credit);
            memcpy(grant + 8, &bytes, 4);
            part(socket, grant, sizeof grant, false);
        }
    }
    ask_all = true;
    puts("{}");
}

/* Sleeps until something comes to a socket, or to standard input if `asked`, or a heartbeat is due; whether a question waits. */
static bool wait_for_something(bool asked)
{
    int64_t now = now_ns();
    int timeout = next_beat > now ? (int) ((next_beat - now) / 1000000) + 1 : 0;
    ask_all = false;
    descriptors[0].fd = asked ? 0 : -1;
    if (poll(descriptors, (nfds_t) worker_count + 2, timeout) < 0 && errno != EINTR) fail("cannot wait");
    beat(now_ns());
    return asked && descriptors[0].revents != 0;
}

/* Lets a socket take note of what happened, so that its descriptor is quiet; messages stay for later. */
static void settle(void *socket)
{
    int events;
    size_t size = sizeof events;
    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
}

/* Whether the client's socket is to be asked. */
static bool client_is_due(void)
{
    return ask_all || descriptors[1].revents != 0;
}

/* ---------------------------------------------------------------- the client */

static void request(const char *service, uint32_t number, int bytes)
{
    uint32_t head = htonl(number);
    memcpy(body, &head, 4);
    part(client, "", 0, true);
    part(client, "MDPC01", 6, true);
    part(client, service, strlen(service), true);
    part(client, body, (size_t) bytes, false);
}

/* The number of the next reply; -1 when there is none. */
static int64_t reply(int bytes)
{
    zmq_msg_t frames[MOST_FRAMES];
    int count = receive(client, frames);
    if (count == 0) return -1;
    if (count != 4 || (bytes > 0 && zmq_msg_size(&frames[3]) != (size_t) bytes)) fail("a reply that is none");
    uint32_t number;
    memcpy(&number, zmq_msg_data(&frames[3]), 4);
    for (int i = 0; i < count; i++) zmq_msg_close(&frames[i]);
    return ntohl(number);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return x < y ? -1 : x > y;
}

static void run(const char *service, int window, int bytes, int64_t ms, long most)
{
    long begun = 0, requests = 0, open = 0;
    int taken = 0;
    most_held = 0;
    int64_t broker = nanoseconds(broker_clock), own = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    int64_t begin = now_ns(), end = begin + ms * 1000000, now = begin, heard = begin;
    for (; open < window; open++, begun++) {
        sent_at[++sequence % RING] = now;
        request(service, sequence, bytes);
    }
    ask_all = true;
    while (open > 0) {
        work_all();
        for (int64_t number; client_is_due() && (number = reply(bytes)) >= 0; heard = now) {
            now = now_ns();
            int64_t *sent = &sent_at[number % RING];
            if (*sent == 0) fail("a reply to nothing");
            if (taken < MOST_SAMPLES) samples[taken++] = (uint32_t) ((now - *sent) / 100);
            *sent = 0;
            requests++;
            open--;
            if (now < end && (most == 0 || begun < most)) {
                sent_at[++sequence % RING] = now;
                request(service, sequence, bytes);
                begun++;
                open++;
            }
        }
        if (open == 0) break;
        wait_for_something(false);
        if (now_ns() - heard > SILENCE_NS) fail("no reply for 10 s");
    }
    ask_all = true;
    qsort(samples, (size_t) taken, sizeof *samples, ascending);
    printf("{\"requests\":%ld,\"seconds\":%.6f,\"median\":%.1f,\"percentile99\":%.1f,\"brokerTime\":%.3f,\"loadTime\":%.3f,"
           "\"mostHeld\":%d,\"worked\":%d,\"dismissed\":%d}\n",
           requests, (double) (now - begin) / 1e9, samples[taken / 2] / 10.0, samples[(long) taken * 99 / 100] / 10.0,
           (double) (nanoseconds(broker_clock) - broker) / 1e3, (double) (nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - own) / 1e3, most_held,
           worked, dismissed);
}

static void enqueue(const char *service, long count, int bytes)
{
    for (long i = 1; i <= count; i++) {
        request(service, (uint32_t) i, bytes);
        if (i % 1000 == 0) {
            beat(now_ns());
            ask_all = true;
            work_all();
        }
    }
    ask_all = true;
    puts("{}");
}

static void await_replies(long count, uint8_t *seen)
{
    int64_t heard = now_ns();
    for (long received = 0; ;) {
        work_all();
        for (int64_t number; received < count && client_is_due() && (number = reply(0)) >= 0; received++) {
            if (number > count || seen[number]) fail("a reply that came twice");
            seen[number] = 1;
            heard = 0;
        }
        if (received == count) break;
        if (heard == 0) heard = now_ns();
        wait_for_something(false);
        if (now_ns() - heard > SILENCE_NS) fail("no reply for 10 s");
    }
    ask_all = true;
}

static void collect(long count)
{
    uint8_t *seen = calloc((size_t) count + 1, 1);
    if (seen == NULL) fail("no memory");
    int64_t begin = now_ns(), broker = nanoseconds(broker_clock);
    await_replies(count, seen);
    printf("{\"seconds\":%.6f,\"brokerTime\":%.3f,\"dismissed\":%d}\n", (double) (now_ns() - begin) / 1e9,
           (double) (nanoseconds(broker_clock) - broker) / 1e3, dismissed);
    free(seen);
}

static void barrier(const char *service)
{
    uint8_t seen[2] = {0};
    request(service, 0, 4);
    ask_all = true;
    await_replies(1, seen);
    puts("{}");
}

/* ---------------------------------------------------------------- questions */

static void answer(const char *line)
{
    char service[256];
    int number, bytes;
    long many, ms;
    unsigned credit;
    if (sscanf(line, "serve %255s %d %u", service, &number, &credit) == 3) serve(service, number, credit);
    else if (sscanf(line, "run %255s %d %d %ld %ld", service, &number, &bytes, &ms, &many) == 5) run(service, number, bytes, ms, many);
    else if (sscanf(line, "enqueue %255s %ld %d", service, &many, &bytes) == 3) enqueue(service, many, bytes);
    else if (sscanf(line, "barrier %255s", service) == 1) barrier(service);
    else if (sscanf(line, "collect %ld", &many) == 1) collect(many);
    else if (strncmp(line, "mark", 4) == 0) printf("{\"processorTime\":%.3f}\n", (double) nanoseconds(broker_clock) / 1e3);
    else fail("no such question");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3 || clock_getcpuclockid(atoi(argv[2]), &broker_clock) != 0) fail("usage: mdp_load <endpoint> <process id>");
    endpoint = argv[1];
    context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, MOST_WORKERS + 8);
    descriptors[0] = (struct pollfd) {0, POLLIN, 0};
    descriptors[1] = watched(dealer(), &client);
    ask_all = true;
    memset(body, '.', sizeof body);
    next_beat = now_ns() + HEARTBEAT_NS;
    setvbuf(stdin, NULL, _IONBF, 0);
    char line[512];
    for (;;) {
        work_all();
        if (client_is_due()) settle(client);
        if (!wait_for_something(true)) continue;
        if (fgets(line, sizeof line, stdin) == NULL) break;
        answer(line);
    }
    return 0;
}
