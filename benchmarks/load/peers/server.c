/* A WebSocket echo server on one thread and one epoll set, for loads to be held against.
 *
 *   cc -O2 -o server server.c && ./server [BEFORE]     binds 127.0.0.1 and prints "port N"
 *
 * On SIGTERM it prints "connections N messages N peak N seconds S": handshakes done, messages
 * echoed, most connections open at once, and the time from the first accept to the last close,
 * which leaves out how long a client takes to start. The first BEFORE connections are no part of
 * that time. On SIGUSR1 it prints "messages N" and goes on.
 *
 * It does what its clients need of RFC 6455 and no more: frames of up to 125 bytes, none of them
 * in fragments, and no message before the echo of the last. What breaks that ends the connection.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384, MAX_EVENTS = 512, HEAD = 2, MASK = 4, KEY = 24 };
enum { FINAL = 0x80, MASKED = 0x80, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

/* What an idle connection costs. Bytes are kept only while a request or a frame came in part. */
struct conn {
    int fd;
    bool open;
    size_t kept;
    uint8_t *in;
};

static uint8_t buf[ROOM + 1]; /* all work happens here */
static unsigned long accepted, before, connections, messages, now_open, peak;
static double first_accept, last_close;
static volatile sig_atomic_t stop, asked;
static int epfd;

static void die(const char *what) { perror(what); exit(1); }
static void on_signal(int sig) { *(sig == SIGTERM ? &stop : &asked) = 1; }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static uint32_t rol(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* SHA-1 (RFC 3174) of the 60 bytes of key and GUID, which are always two blocks. */
static void sha1(const char text[60], uint8_t digest[20])
{
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    uint8_t block[128] = {[60] = 0x80, [126] = 60 * 8 >> 8, [127] = 60 * 8 & 255};

    memcpy(block, text, 60);
    for (const uint8_t *p = block; p < block + sizeof block; p += 64) {
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            w[i] = i < 16 ? (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3]
                          : rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
            uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999
                         : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                         : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                  : (b ^ c ^ d) + 0xCA62C1D6;
            f += rol(a, 5) + e + w[i];
            e = d, d = c, c = rol(b, 30), b = a, a = f;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++)
        digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

static void drop(struct conn *c)
{
    close(c->fd); /* which also takes it out of the epoll set */
    free(c->in);
    free(c);
    now_open--;
    last_close = now();
}

static bool keep(struct conn *c, const uint8_t *from, size_t n)
{
    free(c->in);
    c->in = n ? malloc(n) : NULL;
    c->kept = n;
    if (n && !c->in)
        die("malloc");
    if (n)
        memcpy(c->in, from, n);
    return true;
}

/* Answer the request in buf; false when it is none. */
static bool handshake(struct conn *c)
{
    static const char name[] = "\r\nSec-WebSocket-Key:", guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hashed[KEY + sizeof guid], accept[29] = {0}, reply[160];
    uint8_t d[21] = {0}; /* one byte more than the digest makes it 7 x 3 */

    const char *key = strcasestr((char *)buf, name);
    if (!key)
        return false;
    key += sizeof name - 1;
    key += strspn(key, " \t");
    if (strcspn(key, " \t\r") != KEY)
        return false;
    snprintf(hashed, sizeof hashed, "%.24s%s", key, guid);
    sha1(hashed, d);
    for (int i = 0; i < 28; i++)
        accept[i] = base64[(d[i / 4 * 3] << 16 | d[i / 4 * 3 + 1] << 8 | d[i / 4 * 3 + 2]) >> (18 - i % 4 * 6) & 63];
    accept[27] = '='; /* the byte more */
    int n = snprintf(reply, sizeof reply,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    c->open = true;
    connections++;
    return send(c->fd, reply, n, MSG_NOSIGNAL) == n;
}

/* Answer the whole frame at f, in place; false when the connection is over. */
static bool answer(struct conn *c, uint8_t *f)
{
    uint8_t op = f[0] & ~FINAL, *reply = f + MASK, *payload = f + HEAD + MASK;
    size_t size = f[1] & ~MASKED;

    if (op == PONG)
        return true;
    if (op != TEXT && op != BINARY && op != CLOSE && op != PING)
        return false;
    for (size_t i = 0; i < size; i++)
        payload[i] ^= f[HEAD + i % MASK];
    reply[0] = FINAL | (op == PING ? PONG : op);
    reply[1] = size;
    messages += op == TEXT || op == BINARY;
    return send(c->fd, reply, HEAD + size, MSG_NOSIGNAL) == (ssize_t)(HEAD + size) && op != CLOSE;
}

static bool on_readable(struct conn *c)
{
    if (c->kept)
        memcpy(buf, c->in, c->kept);
    ssize_t got = recv(c->fd, buf + c->kept, ROOM - c->kept, 0);
    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    uint8_t *at = buf, *end = buf + c->kept + got;
    if (!c->open) {
        *end = 0;
        char *over = strstr((char *)buf, "\r\n\r\n");
        if (!over)
            return end < buf + ROOM && keep(c, buf, end - buf);
        at = (uint8_t *)over + 4;
        if (!handshake(c))
            return false;
    }
    while (end - at >= HEAD) {
        if (!(at[0] & FINAL) || at[1] < MASKED || at[1] > MASKED + 125)
            return false;
        size_t whole = HEAD + MASK + at[1] - MASKED;
        if ((size_t)(end - at) < whole)
            break;
        if (!answer(c, at))
            return false;
        at += whole;
    }
    return keep(c, at, end - at);
}

static void accept_all(int listener)
{
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
        if (!c)
            die("calloc");
        c->fd = fd;
        if (++now_open > peak)
            peak = now_open;
        if (accepted++ == before)
            first_accept = now();
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev) < 0)
            die("epoll_ctl");
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
        die("accept4"); /* out of descriptors: the run is void */
}

int main(int argc, char **argv)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof addr;
    struct epoll_event events[MAX_EVENTS] = {{.events = EPOLLIN}}; /* the listener has no pointer */
    struct rlimit files;
    sigset_t blocked, unblocked;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    before = argc > 1 ? atoi(argv[1]) : 0;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    /* The signal is let in only while we wait, so that none is missed between look and wait. */
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    signal(SIGTERM, on_signal);
    signal(SIGUSR1, on_signal);

    if (bind(listener, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listener, 65535) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&addr, &length);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    if (epfd < 0 || epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &events[0]) < 0)
        die("epoll");
    printf("port %d\n", ntohs(addr.sin_port));
    fflush(stdout);

    while (!stop) {
        if (asked) {
            asked = 0;
            printf("messages %lu\n", messages);
            fflush(stdout);
        }
        int n = epoll_pwait(epfd, events, MAX_EVENTS, -1, &unblocked);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (!c)
                accept_all(listener);
            else if (!on_readable(c))
                drop(c);
        }
    }
    printf("connections %lu messages %lu peak %lu seconds %.6f\n", connections, messages, peak,
           last_close - first_accept);
    return 0;
}
