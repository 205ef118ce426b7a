/* Who may command: over a link that needs the key, a host that has proven it. */
#ifndef LINK_GUARD_H
#define LINK_GUARD_H

#include "requests.h"

/* From now on the link needs the key in this file, 64 hex digits that no other user can reach.
 * False when there is none. */
bool link_guard_load(const char *path);
bool link_guard_needs_key(void);

/* The link was lost, or the analyzer restarted: the next host proves the key again. */
void link_guard_forget(void);

/* RAMIX_STATUS_OK, or why a request with this opcode is not looked at. */
enum ramix_status link_guard_check(uint16_t opcode);

enum ramix_status link_guard_challenge(const struct request *request, struct reply *reply);
enum ramix_status link_guard_authenticate(const struct request *request, struct reply *reply);

#endif
