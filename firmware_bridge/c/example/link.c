#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "../ramix_protocol.h"
#include "output.h"

static int listener = -1;
static int host = -1;  /* the socket to the host, or the master side of the terminal */
static int slave = -1; /* held open: without any holder the master would report errors */
static const char *pty_path;
static int turned_away = -1;
static bool is_plugged_in = true;
static uint64_t received_bytes, sent_bytes; /* since this host came in */

/* A host that vanished without closing is given up within a minute: probes after 20 s of silence,
 * every 10 s, three of them; and what it does not acknowledge for 50 s was sent in vain. */
static const struct {
    int level, option, value;
} host_options[] = {
    {IPPROTO_TCP, TCP_NODELAY, 1},
    {SOL_SOCKET, SO_KEEPALIVE, 1},
    {IPPROTO_TCP, TCP_KEEPIDLE, 20},
    {IPPROTO_TCP, TCP_KEEPINTVL, 10},
    {IPPROTO_TCP, TCP_KEEPCNT, 3},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 50000},
};

static void set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

uint16_t link_open_tcp(uint16_t port, bool everywhere)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof address;
    int yes = 1;

    address.sin_addr.s_addr = htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0)
        return 0;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return 0;
    set_nonblocking(listener);
    return ntohs(address.sin_port);
}

bool link_open_pty(const char *path)
{
    struct termios raw;
    const char *name;

    host = posix_openpt(O_RDWR | O_NOCTTY);
    if (host < 0 || grantpt(host) != 0 || unlockpt(host) != 0)
        return false;
    name = ptsname(host);
    if (name == NULL)
        return false;
    slave = open(name, O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &raw) != 0)
        return false;
    cfmakeraw(&raw); /* or the line discipline would echo and translate */
    tcsetattr(slave, TCSANOW, &raw);
    set_nonblocking(host);
    unlink(path);
    pty_path = path;
    return symlink(name, path) == 0;
}

void link_prepare(struct pollfd fds[LINK_POLLFDS], bool wants_input, bool wants_output)
{
    fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = host};
    fds[1].events = (short)((wants_input ? POLLIN : 0) | (wants_output ? POLLOUT : 0));
}

bool link_at_door(const struct pollfd fds[LINK_POLLFDS])
{
    return fds[0].fd >= 0 && (fds[0].revents & POLLIN) != 0;
}

/* Closing at once would reset the connection, and the packet with it: the last one that was turned
 * away keeps its socket until the next comes. */
static void turn_away(int client)
{
    static const char text[] = "another program uses the analyzer";
    uint8_t packet[128];
    size_t size = output_packet(0, RAMIX_STATUS_IN_USE, 0, text, sizeof text - 1, packet,
                                sizeof packet);

    close_fd(&turned_away);
    turned_away = client;
    if (send(client, packet, size, MSG_NOSIGNAL) == (ssize_t)size)
        shutdown(client, SHUT_WR);
}

bool link_admit(void)
{
    int client = accept(listener, NULL, NULL);

    if (client < 0)
        return false;
    if (!is_plugged_in) {
        close(client);
        return false;
    }
    set_nonblocking(client);
    if (host >= 0) {
        turn_away(client);
        return false;
    }
    for (size_t i = 0; i < sizeof host_options / sizeof host_options[0]; i++)
        setsockopt(client, host_options[i].level, host_options[i].option, &host_options[i].value,
                   sizeof host_options[i].value);
    host = client;
    received_bytes = sent_bytes = 0;
    return true;
}

/* A TCP host begins with a packet, or it speaks another protocol: a web browser sends what any page
 * tells it to, and the body of its request may hold packets. */
static bool begins_a_packet(const uint8_t *bytes, size_t size)
{
    static const uint8_t sync[2] = {RAMIX_SYNC & 0xff, RAMIX_SYNC >> 8};

    for (size_t i = 0; i < size && received_bytes + i < sizeof sync; i++)
        if (bytes[i] != sync[received_bytes + i])
            return false;
    return true;
}

long link_read(uint8_t *bytes, size_t size)
{
    ssize_t count;

    if (host < 0 || size == 0)
        return 0;
    count = read(host, bytes, size);
    if (count > 0) {
        if (listener >= 0 && !begins_a_packet(bytes, (size_t)count))
            return -1;
        received_bytes += (uint64_t)count;
        return count;
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

long link_write(const uint8_t *bytes, size_t size)
{
    ssize_t count;

    if (host < 0 || size == 0)
        return 0;
    count = listener >= 0 ? send(host, bytes, size, MSG_NOSIGNAL) : write(host, bytes, size);
    if (count >= 0) {
        sent_bytes += (uint64_t)count;
        return count;
    }
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

bool link_traffic(uint64_t *received, uint64_t *sent)
{
    *received = received_bytes;
    *sent = sent_bytes;
    return host >= 0;
}

void link_drop(void)
{
    if (listener >= 0)
        close_fd(&host);
}

void link_plug(bool is_in)
{
    is_plugged_in = is_in;
}

void link_close(void)
{
    if (pty_path != NULL)
        unlink(pty_path);
}
