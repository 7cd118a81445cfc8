/*
 * A Majordomo broker (MDP/0.1, RFC 7) in C, straight on libzmq: what ours is compared with. It does what the RFC asks of a broker and no
 * more: services with a list of waiting requests and one of waiting workers, used in turn, one request per worker, heartbeats both ways,
 * workers that fall silent are dropped, whoever breaks the protocol is sent away. It has no limits, no request expiry, and delivers
 * nothing a second time: a worker that dies takes its request with it.
 *
 * Lists are linked, ids are looked up in hash tables, nothing is copied that libzmq lets us move. It reads until nothing is there before
 * it asks to be woken.
 *
 *     cc -O2 -o mdp_broker mdp_broker.c -lzmq && ./mdp_broker
 *
 * It writes its endpoint as one line, and ends when its standard input does.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define HEARTBEAT_MS 2500
#define EXPIRY_MS (3 * HEARTBEAT_MS)
#define MOST_FRAMES 16
#define BUCKETS 32768
/* Messages handled before the clock is looked at again. */
#define BURST 256

enum { READY = 1, REQUEST = 2, REPLY = 3, HEARTBEAT = 4, DISCONNECT = 5 };

typedef struct {
    zmq_msg_t frames[MOST_FRAMES];
    int count;
} message_t;

typedef struct request {
    struct request *next;
    int count;
    zmq_msg_t client;
    zmq_msg_t body[]; /* what follows the service name */
} request_t;

typedef struct worker {
    struct worker *next_in_bucket;
    struct worker *previous, *next; /* among the waiting ones of its service */
    struct worker *older, *newer;   /* among all */
    struct service *service;
    bool waiting;
    int64_t expires;
    uint8_t id_size;
    uint8_t id[255];
} worker_t;

typedef struct service {
    struct service *next_in_bucket;
    request_t *first, *last;
    worker_t waiting; /* a ring; this one is no worker */
    size_t name_size;
    char name[];
} service_t;

static void *router;
static worker_t *workers[BUCKETS];
static service_t *services[BUCKETS];
static worker_t all; /* a ring */
static int64_t now;

static int64_t clock_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t) time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) abort();
    return memory;
}

static uint32_t bucket_of(const void *bytes, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *) bytes)[i]) * 16777619u;
    return hash % BUCKETS;
}

/* ---------------------------------------------------------------- messages */

static bool receive(message_t *message)
{
    message->count = 0;
    int more = 1;
    while (more) {
        zmq_msg_t spare;
        bool fits = message->count < MOST_FRAMES;
        zmq_msg_t *frame = fits ? &message->frames[message->count] : &spare;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, router, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(frame);
            return false;
        }
        more = zmq_msg_more(frame);
        if (fits) message->count++;
        else zmq_msg_close(frame);
    }
    return true;
}

static void discard(message_t *message, int from)
{
    for (int i = from; i < message->count; i++) zmq_msg_close(&message->frames[i]);
}

static bool equals(zmq_msg_t *frame, const char *text, size_t size)
{
    return zmq_msg_size(frame) == size && memcmp(zmq_msg_data(frame), text, size) == 0;
}

static void send_bytes(const void *bytes, size_t size, bool more)
{
    zmq_send(router, bytes, size, more ? ZMQ_SNDMORE : 0);
}

/* The frame is gone afterwards. */
static void send_frame(zmq_msg_t *frame, bool more)
{
    if (zmq_msg_send(frame, router, more ? ZMQ_SNDMORE : 0) < 0) zmq_msg_close(frame);
}

static void send_command(const uint8_t *id, size_t id_size, char command, bool more)
{
    send_bytes(id, id_size, true);
    send_bytes("", 0, true);
    send_bytes("MDPW01", 6, true);
    send_bytes(&command, 1, more);
}

/* ---------------------------------------------------------------- services and workers */

static service_t *service_named(zmq_msg_t *frame)
{
    const char *name = zmq_msg_data(frame);
    size_t size = zmq_msg_size(frame);
    service_t **bucket = &services[bucket_of(name, size)];
    for (service_t *service = *bucket; service != NULL; service = service->next_in_bucket)
        if (service->name_size == size && memcmp(service->name, name, size) == 0) return service;
    service_t *service = allocate(sizeof *service + size);
    service->name_size = size;
    memcpy(service->name, name, size);
    service->waiting.previous = service->waiting.next = &service->waiting;
    service->next_in_bucket = *bucket;
    return *bucket = service;
}

static worker_t *worker_with(zmq_msg_t *id)
{
    const void *bytes = zmq_msg_data(id);
    size_t size = zmq_msg_size(id);
    for (worker_t *worker = workers[bucket_of(bytes, size)]; worker != NULL; worker = worker->next_in_bucket)
        if (worker->id_size == size && memcmp(worker->id, bytes, size) == 0) return worker;
    return NULL;
}

static worker_t *add_worker(zmq_msg_t *id, service_t *service)
{
    worker_t *worker = allocate(sizeof *worker);
    worker->id_size = (uint8_t) zmq_msg_size(id);
    memcpy(worker->id, zmq_msg_data(id), worker->id_size);
    worker->service = service;
    worker_t **bucket = &workers[bucket_of(worker->id, worker->id_size)];
    worker->next_in_bucket = *bucket;
    *bucket = worker;
    worker->older = all.older;
    worker->newer = &all;
    all.older->newer = worker;
    all.older = worker;
    return worker;
}

static void stop_waiting(worker_t *worker)
{
    if (!worker->waiting) return;
    worker->waiting = false;
    worker->previous->next = worker->next;
    worker->next->previous = worker->previous;
}

static void remove_worker(worker_t *worker)
{
    stop_waiting(worker);
    worker->older->newer = worker->newer;
    worker->newer->older = worker->older;
    worker_t **link = &workers[bucket_of(worker->id, worker->id_size)];
    while (*link != worker) link = &(*link)->next_in_bucket;
    *link = worker->next_in_bucket;
    free(worker);
}

static void assign(worker_t *worker, zmq_msg_t *client, zmq_msg_t *body, int count)
{
    send_command(worker->id, worker->id_size, REQUEST, true);
    send_frame(client, true);
    send_bytes("", 0, true);
    for (int i = 0; i < count; i++) send_frame(&body[i], i + 1 < count);
}

/* The worker has nothing to do: it gets the request that waits longest, or waits itself. */
static void employ(worker_t *worker)
{
    service_t *service = worker->service;
    request_t *request = service->first;
    if (request != NULL) {
        service->first = request->next;
        if (service->first == NULL) service->last = NULL;
        assign(worker, &request->client, request->body, request->count);
        free(request);
        return;
    }
    worker->waiting = true;
    worker->previous = service->waiting.previous;
    worker->next = &service->waiting;
    service->waiting.previous->next = worker;
    service->waiting.previous = worker;
}

/* ---------------------------------------------------------------- what comes */

/* client id, empty, MDPC01, service, body... */
static void from_client(message_t *message)
{
    service_t *service = service_named(&message->frames[3]);
    zmq_msg_close(&message->frames[1]);
    zmq_msg_close(&message->frames[2]);
    zmq_msg_close(&message->frames[3]);
    int count = message->count - 4;
    worker_t *worker = service->waiting.next;
    if (worker != &service->waiting) {
        stop_waiting(worker);
        assign(worker, &message->frames[0], &message->frames[4], count);
        return;
    }
    request_t *request = allocate(sizeof *request + (size_t) count * sizeof(zmq_msg_t));
    request->count = count;
    zmq_msg_init(&request->client);
    zmq_msg_move(&request->client, &message->frames[0]);
    for (int i = 0; i < count; i++) {
        zmq_msg_init(&request->body[i]);
        zmq_msg_move(&request->body[i], &message->frames[4 + i]);
    }
    if (service->last != NULL) service->last->next = request;
    else service->first = request;
    service->last = request;
}

/* worker id, empty, MDPW01, REPLY, client id, empty, body... */
static void reply(worker_t *worker, message_t *message)
{
    service_t *service = worker->service;
    for (int i = 0; i < 4; i++) zmq_msg_close(&message->frames[i]);
    zmq_msg_close(&message->frames[5]);
    send_frame(&message->frames[4], true);
    send_bytes("", 0, true);
    send_bytes("MDPC01", 6, true);
    send_bytes(service->name, service->name_size, true);
    for (int i = 6; i < message->count; i++) send_frame(&message->frames[i], i + 1 < message->count);
    employ(worker);
}

static void from_worker(message_t *message)
{
    char command = zmq_msg_size(&message->frames[3]) == 1 ? *(char *) zmq_msg_data(&message->frames[3]) : 0;
    worker_t *worker = worker_with(&message->frames[0]);
    if (worker != NULL) worker->expires = now + EXPIRY_MS;
    if (command == REPLY && worker != NULL && !worker->waiting && message->count >= 7) {
        reply(worker, message);
        return;
    }
    if (command == READY && worker == NULL && message->count >= 5) {
        worker = add_worker(&message->frames[0], service_named(&message->frames[4]));
        worker->expires = now + EXPIRY_MS;
        employ(worker);
    } else if (command == DISCONNECT) {
        if (worker != NULL) remove_worker(worker);
    } else if (command != HEARTBEAT || worker == NULL) {
        send_command(zmq_msg_data(&message->frames[0]), zmq_msg_size(&message->frames[0]), DISCONNECT, false);
        if (worker != NULL) remove_worker(worker);
    }
    discard(message, 0);
}

static void handle(message_t *message)
{
    bool enveloped = message->count >= 4 && message->count < MOST_FRAMES && zmq_msg_size(&message->frames[1]) == 0;
    if (enveloped && message->count >= 5 && equals(&message->frames[2], "MDPC01", 6)) from_client(message);
    else if (enveloped && equals(&message->frames[2], "MDPW01", 6)) from_worker(message);
    else discard(message, 0);
}

/* ---------------------------------------------------------------- time */

static void beat(void)
{
    for (worker_t *worker = all.newer, *newer; worker != &all; worker = newer) {
        newer = worker->newer;
        if (worker->expires < now) remove_worker(worker);
        else send_command(worker->id, worker->id_size, HEARTBEAT, false);
    }
}

int main(void)
{
    void *context = zmq_ctx_new();
    int backlog = 4096, linger = 0;
    char endpoint[256];
    size_t size = sizeof endpoint;
    router = zmq_socket(context, ZMQ_ROUTER);
    zmq_setsockopt(router, ZMQ_BACKLOG, &backlog, sizeof backlog);
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_bind(router, "tcp://127.0.0.1:*") != 0) return 1;
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
    puts(endpoint);
    fflush(stdout);

    all.older = all.newer = &all;
    now = clock_ms();
    int64_t next_beat = now + HEARTBEAT_MS;
    message_t message;
    zmq_pollitem_t items[] = {{router, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        int handled = 0;
        while (handled < BURST && receive(&message)) {
            handle(&message);
            handled++;
        }
        now = clock_ms();
        if (now >= next_beat) {
            beat();
            next_beat = now + HEARTBEAT_MS;
        }
        if (handled == BURST) continue;
        int found = zmq_poll(items, 2, (long) (next_beat - now));
        if (found < 0 && errno != EINTR) return 1;
        now = clock_ms();
        if (found > 0 && items[1].revents != 0) break;
    }
    zmq_close(router);
    zmq_ctx_term(context);
    return 0;
}
