/* A WebSocket echo client on one thread and one epoll set: about the least that a client can do.
 *
 *   cc -O2 -o client client.c && ./client PORT CONNECTIONS ECHOES
 *
 * Opens all connections to 127.0.0.1:PORT at once. Each shakes hands, sends a masked text of 64
 * bytes and waits for its echo, ECHOES times, closes with 1000 and waits for the server's close
 * and the end of TCP. Every answer is compared with what it must be; the first that differs ends
 * the run with exit status 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAYLOAD = 64, HEAD = 2, MASK = 4, ROOM = 1024, MAX_EVENTS = 512 };
enum { TEXT = 0x81, CLOSE = 0x88, MASKED = 0x80, NORMAL = 1000, PATIENCE_MS = 30000 };

enum state { CONNECTING, UPGRADING, ECHOING, CLOSING, CLOSED };

struct conn {
    int fd, id, echoes;
    enum state state;
    size_t length;
    char in[ROOM + 1]; /* what came in and is no whole answer yet */
};

/* RFC 6455's own example: a fixed key needs no SHA-1 to be checked. */
static const char request[] =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static int epfd, echoes;

static void fail(const struct conn *c, const char *what)
{
    fprintf(stderr, "connection %d, echo %d: %s\n", c->id, c->echoes, what);
    exit(1);
}

/* The next text of a connection, which no echo of another one or of an earlier one equals. */
static void text_of(const struct conn *c, char text[PAYLOAD])
{
    memset(text, '.', PAYLOAD);
    for (int i = 0; i < 8; i++) {
        text[i] = 'a' + (c->id >> 4 * i & 15);
        text[9 + i] = 'a' + (c->echoes >> 4 * i & 15);
    }
}

/* A mask for each frame, as the protocol wants; here it need not be a secret. */
static uint32_t next_mask(void)
{
    static uint32_t x = 2463534242;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return x;
}

/* Only one small message is ever on its way, so a short send is a fault. */
static void send_all(struct conn *c, const void *data, size_t length)
{
    errno = ENOBUFS;
    if (send(c->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail(c, strerror(errno));
}

static void send_frame(struct conn *c, uint8_t first, const char *data, size_t length)
{
    uint8_t frame[HEAD + MASK + PAYLOAD] = {first, MASKED | length};
    uint32_t mask = next_mask();
    memcpy(frame + HEAD, &mask, MASK);
    for (size_t i = 0; i < length; i++)
        frame[HEAD + MASK + i] = data[i] ^ frame[HEAD + i % MASK];
    send_all(c, frame, HEAD + MASK + length);
}

static void send_next(struct conn *c)
{
    char text[PAYLOAD];
    const char code[] = {NORMAL >> 8, (char)NORMAL};

    if (c->echoes == echoes) {
        send_frame(c, CLOSE, code, sizeof code);
        c->state = CLOSING;
        return;
    }
    text_of(c, text);
    send_frame(c, TEXT, text, PAYLOAD);
    c->state = ECHOING;
}

static void on_upgrade(struct conn *c)
{
    c->in[c->length] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end && c->length < ROOM)
        return;
    if (!end || strncmp(c->in, "HTTP/1.1 101", 12) || !strstr(c->in, accepted)
        || end + 4 != c->in + c->length)
        fail(c, "the handshake was refused, or data came right after it");
    c->length = 0;
    send_next(c);
}

static void on_echo(struct conn *c)
{
    char text[PAYLOAD];
    const uint8_t *in = (uint8_t *)c->in;

    if (c->length < HEAD + PAYLOAD)
        return;
    text_of(c, text);
    if (c->length > HEAD + PAYLOAD || in[0] != TEXT || in[1] != PAYLOAD || memcmp(in + HEAD, text, PAYLOAD))
        fail(c, "the echo differs");
    c->echoes++;
    c->length = 0;
    send_next(c);
}

static void on_close(struct conn *c)
{
    const uint8_t *in = (uint8_t *)c->in;

    if (c->length < HEAD || c->length < HEAD + (size_t)in[1])
        return;
    if (c->state == CLOSED || in[0] != CLOSE || in[1] < 2 || (in[2] << 8 | in[3]) != NORMAL)
        fail(c, "not the close frame that was due");
    c->state = CLOSED;
    c->length = 0;
}

/* Returns 1 when the connection is over. */
static int on_event(struct conn *c)
{
    if (c->state == CONNECTING) { /* a connect that failed shows in the send */
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epfd, EPOLL_CTL_MOD, c->fd, &ev);
        send_all(c, request, sizeof request - 1);
        c->state = UPGRADING;
        return 0;
    }
    ssize_t n = recv(c->fd, c->in + c->length, ROOM - c->length, 0);
    if (n < 0 || (n == 0 && c->state != CLOSED))
        fail(c, n < 0 ? strerror(errno) : "the server hung up");
    if (n == 0)
        return close(c->fd), 1;
    c->length += n;
    if (c->state == UPGRADING)
        on_upgrade(c);
    else if (c->state == ECHOING)
        on_echo(c);
    else
        on_close(c);
    return 0;
}

static void open_one(struct conn *c, int id, int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = c};
    int one = 1;

    c->id = id;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        fail(c, strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&addr, sizeof addr) < 0 && errno != EINPROGRESS)
        fail(c, strerror(errno));
    epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev);
}

int main(int argc, char **argv)
{
    struct epoll_event events[MAX_EVENTS];
    struct rlimit files;

    if (argc != 4)
        return fprintf(stderr, "usage: client PORT CONNECTIONS ECHOES\n"), 2;
    int count = atoi(argv[2]), left = count;
    echoes = atoi(argv[3]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct conn *conns = calloc(count, sizeof *conns);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++)
        open_one(&conns[i], i, atoi(argv[1]));
    while (left > 0) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, PATIENCE_MS);
        if (n <= 0)
            return fprintf(stderr, "no answer for %d connections\n", left), 1;
        for (int i = 0; i < n; i++)
            left -= on_event(events[i].data.ptr);
    }
    free(conns);
    return 0;
}
