// A relay of TCP and UDP that behaves as a network path does. Usage: relay PORT [to=MODEL] [from=MODEL]
//
// It listens on 127.0.0.1, on one port for both, says it in a line on stdout, and connects to 127.0.0.1:PORT. `to` is the
// way of what a client sends to PORT, `from` the way back. A MODEL is a list of these, joined by commas:
//
//   d=US             each piece takes this long
//   exp=MEAN_US      and a random time more: exponential,
//   par=SCALE_US:A   or Pareto (scale and shape: the smaller the shape, the heavier the tail)
//   burst=PERIOD_MS:LENGTH_MS:US   in each period so long, pieces take so much more
//   stall=PERIOD_MS:LENGTH_MS      in each period so long, nothing passes
//   rate=BYTES       bytes a second, of all that goes this way; what is more waits, up to 16 KiB here, then with the sender
//
// Nothing overtakes on a connection, nor a datagram another one. Bursts, stalls and the rate begin with SIGUSR1, when a session runs. It ends when its standard input does, so that it does not outlive who started it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 16, MOST_PATHS = 16, MOST_WAITING = 1 << 20, NARROW = 16 << 10, PIECE = 16 << 10 };

struct model {
    double delay, exponential, scale, shape;
    double burst_period, burst_length, burst_delay;
    double stall_period, stall_length;
    double rate;
    int64_t line_free;  // when what has come so far has left
};
struct piece {
    struct piece *next;
    int64_t release;
    ssize_t length, sent;
    char data[];
};
struct way {
    struct model *model;
    int in, out, ended, closed, blocked;
    const struct sockaddr_in *peer;  // of datagrams through a socket that is not connected
    int is_datagram;
    struct piece *first, *last;
    long waiting;
    int64_t newest;
};
struct connection {
    int is_open;
    struct way to, from;
};

// The datagrams of one client.
struct path {
    int is_open;
    struct sockaddr_in client;
    struct way to, from;
};

static int64_t started;
static volatile sig_atomic_t begins, has_begun;
static uint64_t seed = 88172645463325252ULL;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Above 0, below 1 (xorshift).
static double dice(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return ((seed >> 11) + 0.5) / 9007199254740992.0;
}

static void fail(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(2);
}

static struct model parse(char *text)
{
    struct model m = {0};
    for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
        if (sscanf(part, "d=%lf", &m.delay) == 1 || sscanf(part, "exp=%lf", &m.exponential) == 1
            || sscanf(part, "par=%lf:%lf", &m.scale, &m.shape) == 2
            || sscanf(part, "burst=%lf:%lf:%lf", &m.burst_period, &m.burst_length, &m.burst_delay) == 3
            || sscanf(part, "stall=%lf:%lf", &m.stall_period, &m.stall_length) == 2
            || sscanf(part, "rate=%lf", &m.rate) == 1)
            continue;
        fprintf(stderr, "relay: no model: %s\n", part);
        exit(2);
    }
    return m;
}

static void begin(int signal)
{
    (void)signal;
    begins = 1;
}

// When a piece that has come at `at` leaves.
static int64_t release(struct way *way, ssize_t length, int64_t at)
{
    struct model *m = way->model;
    double us = m->delay;
    if (m->exponential)
        us += -m->exponential * log(dice());
    if (m->scale)
        us += m->scale * (pow(dice(), -1 / m->shape) - 1);
    if (has_begun && m->burst_period && fmod((at - started) / 1e6, m->burst_period) < m->burst_length)
        us += m->burst_delay;
    if (has_begun && m->rate) {
        if (m->line_free < at)
            m->line_free = at;
        m->line_free += (int64_t)(length / m->rate * 1e9);
        at = m->line_free;
    }
    at += (int64_t)(us * 1e3);
    // The first stall comes after a period, not at the start.
    if (has_begun && m->stall_period && (at - started) / 1e6 >= m->stall_period) {
        double phase = fmod((at - started) / 1e6, m->stall_period);
        if (phase < m->stall_length)
            at += (int64_t)((m->stall_length - phase) * 1e6);
    }
    if (at < way->newest)
        at = way->newest;
    return way->newest = at;
}

static int wants_more(const struct way *way)
{
    return !way->ended && way->waiting < (has_begun && way->model->rate ? NARROW : MOST_WAITING);
}

static void queue(struct way *way, const char *data, ssize_t length)
{
    struct piece *piece = malloc(sizeof *piece + length);
    *piece = (struct piece){.release = release(way, length, now()), .length = length};
    memcpy(piece->data, data, length);
    way->waiting += length;
    if (way->last)
        way->last->next = piece;
    else
        way->first = piece;
    way->last = piece;
}

static void take(struct way *way)
{
    static char data[PIECE];
    while (wants_more(way)) {
        ssize_t length = read(way->in, data, sizeof data);
        if (length <= 0) {
            way->ended = !way->is_datagram && (length == 0 || errno != EAGAIN);
            return;
        }
        queue(way, data, length);
    }
}

static void drop_first(struct way *way)
{
    struct piece *piece = way->first;
    way->waiting -= piece->length;
    way->first = piece->next;
    if (!way->first)
        way->last = NULL;
    free(piece);
}

static void give(struct way *way)
{
    way->blocked = 0;
    while (way->first && way->first->release <= now()) {
        struct piece *piece = way->first;
        if (way->is_datagram) {
            // One that does not get through is lost.
            sendto(way->out, piece->data, piece->length, 0, (const void *)way->peer, way->peer ? sizeof *way->peer : 0);
            drop_first(way);
            continue;
        }
        ssize_t sent = send(way->out, piece->data + piece->sent, piece->length - piece->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            way->blocked = 1;
            return;
        }
        if (sent < 0) {
            way->ended = 1;
            while (way->first)
                drop_first(way);
            break;
        }
        piece->sent += sent;
        if (piece->sent == piece->length)
            drop_first(way);
    }
    if (!way->first && way->ended && !way->closed) {
        shutdown(way->out, SHUT_WR);
        way->closed = 1;
    }
}

static int nonblocking(int socket)
{
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    return socket;
}

static int ready(int socket)
{
    int one = 1;
    nonblocking(socket);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return socket;
}

// The path of a client's datagrams; NULL when there are too many clients.
static struct path *path_of(struct path *paths, const struct sockaddr_in *client, int datagrams,
    const struct sockaddr_in *server, struct model *to, struct model *from)
{
    for (int i = 0; i < MOST_PATHS; i++) {
        struct path *p = &paths[i];
        if (p->is_open && p->client.sin_addr.s_addr == client->sin_addr.s_addr && p->client.sin_port == client->sin_port)
            return p;
        if (p->is_open)
            continue;
        int out = nonblocking(socket(AF_INET, SOCK_DGRAM, 0));
        if (connect(out, (const void *)server, sizeof *server))
            fail("no way for datagrams");
        *p = (struct path){.is_open = 1, .client = *client};
        p->to = (struct way){.model = to, .in = -1, .out = out, .is_datagram = 1};
        p->from = (struct way){.model = from, .in = out, .out = datagrams, .peer = &p->client, .is_datagram = 1};
        return p;
    }
    return NULL;
}

// A port for both.
static int listen_on_one_port(struct sockaddr_in *address, int *datagrams)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        socklen_t size = sizeof *address;
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        address->sin_port = 0;
        *datagrams = nonblocking(socket(AF_INET, SOCK_DGRAM, 0));
        if (bind(listener, (void *)address, size) || listen(listener, 4))
            fail("no port to listen on");
        getsockname(listener, (void *)address, &size);
        if (!bind(*datagrams, (void *)address, size))
            return ready(listener);
        close(listener);
        close(*datagrams);
    }
    fail("no port for datagrams, too");
    return -1;
}

int main(int count, char **words)
{
    static struct model to, from;
    static struct connection all[MOST_CONNECTIONS];
    static struct path paths[MOST_PATHS];
    if (count < 2) {
        fprintf(stderr, "usage: relay PORT [to=MODEL] [from=MODEL]\n");
        return 2;
    }
    for (int i = 2; i < count; i++) {
        if (!strncmp(words[i], "to=", 3))
            to = parse(words[i] + 3);
        else if (!strncmp(words[i], "from=", 5))
            from = parse(words[i] + 5);
    }
    signal(SIGUSR1, begin);
    seed ^= (uint64_t)getpid() * 0x9E3779B97F4A7C15ULL;
    // As exact as it goes: timers may be 50 us late otherwise, and a busy machine's scheduler much more.
    prctl(PR_SET_TIMERSLACK, 1000UL);
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int datagrams, listener = listen_on_one_port(&address, &datagrams);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    address.sin_port = htons(atoi(words[1]));
    for (;;) {
        struct pollfd polls[3 + 4 * MOST_CONNECTIONS + MOST_PATHS] = {
            {listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}, {datagrams, POLLIN, 0}};
        int used = 3;
        int64_t next = INT64_MAX;
        for (int i = 0; i < MOST_CONNECTIONS; i++) {
            struct way *ways[] = {&all[i].to, &all[i].from};
            for (int k = 0; all[i].is_open && k < 2; k++) {
                if (wants_more(ways[k]))
                    polls[used++] = (struct pollfd){ways[k]->in, POLLIN, 0};
                if (ways[k]->blocked)
                    polls[used++] = (struct pollfd){ways[k]->out, POLLOUT, 0};
                else if (ways[k]->first && ways[k]->first->release < next)
                    next = ways[k]->first->release;
            }
        }
        for (int i = 0; i < MOST_PATHS && paths[i].is_open; i++) {
            struct path *p = &paths[i];
            polls[used++] = (struct pollfd){p->from.in, POLLIN, 0};
            if (p->to.first && p->to.first->release < next)
                next = p->to.first->release;
            if (p->from.first && p->from.first->release < next)
                next = p->from.first->release;
        }
        int64_t wait = next == INT64_MAX ? INT64_MAX : next - now();
        struct timespec timeout = {wait > 0 ? wait / 1000000000 : 0, wait > 0 ? wait % 1000000000 : 0};
        if (ppoll(polls, used, next == INT64_MAX ? NULL : &timeout, NULL) < 0)
            memset(polls, 0, sizeof polls);  // a signal

        if (begins) {
            begins = 0;
            has_begun = 1;
            started = now();
        }
        if (polls[1].revents)
            return 0;
        // Datagrams first: of what is due at one moment, they are what is measured.
        static char data[PIECE];
        struct sockaddr_in sender;
        socklen_t size = sizeof sender;
        ssize_t length;
        while ((length = recvfrom(datagrams, data, sizeof data, 0, (void *)&sender, &size)) > 0) {
            struct path *p = path_of(paths, &sender, datagrams, &address, &to, &from);
            if (p && p->to.waiting < MOST_WAITING)
                queue(&p->to, data, length);
            size = sizeof sender;
        }
        for (int i = 0; i < MOST_PATHS && paths[i].is_open; i++) {
            take(&paths[i].from);
            give(&paths[i].to);
            give(&paths[i].from);
        }
        for (int i = 0; i < MOST_CONNECTIONS; i++) {
            struct connection *c = &all[i];
            if (!c->is_open)
                continue;
            take(&c->to);
            take(&c->from);
            give(&c->to);
            give(&c->from);
            if (c->to.closed && c->from.closed) {
                close(c->to.in);
                close(c->from.in);
                c->is_open = 0;
            }
        }
        int client = polls[0].revents ? accept(listener, NULL, NULL) : -1;
        if (client < 0)
            continue;
        int free_one = 0, server = socket(AF_INET, SOCK_STREAM, 0);
        while (free_one < MOST_CONNECTIONS && all[free_one].is_open)
            free_one++;
        if (free_one == MOST_CONNECTIONS || connect(server, (void *)&address, sizeof address)) {
            close(client);
            close(server);
            continue;
        }
        ready(client);
        ready(server);
        all[free_one] = (struct connection){.is_open = 1};
        all[free_one].to = (struct way){.model = &to, .in = client, .out = server};
        all[free_one].from = (struct way){.model = &from, .in = server, .out = client};
    }
}
