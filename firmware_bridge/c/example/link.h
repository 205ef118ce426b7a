/* The link to the host: a TCP port or a pseudo-terminal. One host at a time. */
#ifndef LINK_H
#define LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_POLLFDS 2

/* Listen on this port of the loopback interface, or of all interfaces, or on any free one for 0. The
 * port, or 0 when it cannot be had. */
uint16_t link_open_tcp(uint16_t port, bool everywhere);

/* Offer a pseudo-terminal at this path, which becomes a symbolic link. */
bool link_open_pty(const char *path);

/* What to wait for, and then what to do with the link's door. */
void link_prepare(struct pollfd fds[LINK_POLLFDS], bool wants_input, bool wants_output);
bool link_at_door(const struct pollfd fds[LINK_POLLFDS]);

/* Let in whoever is at the door, or tell him that the link is in use. Whether a host came in. */
bool link_admit(void);

/* As read(2) and write(2) that never wait: 0 for nothing now, -1 when the host has left, or is none:
 * over TCP it begins with a packet. */
long link_read(uint8_t *bytes, size_t size);
long link_write(const uint8_t *bytes, size_t size);

/* Bytes from and to the host since it came in; false without one. */
bool link_traffic(uint64_t *received, uint64_t *sent);

/* Cut the host off; pull the plug, and put it back. */
void link_drop(void);
void link_plug(bool is_in);

/* The end of the program: take the pseudo-terminal's path away. */
void link_close(void);

#endif
