/* Interlock, arming, lease and light (PROTOCOL.md, section 7).
 *
 * On a real analyzer the lease is a hardware timer that cuts the light by itself, and so is the
 * interlock's switch. Here the loop of main.c wakes up for both. */
#ifndef LASER_H
#define LASER_H

#include "requests.h"

enum dark_cause {
    DARK_EXPOSURE_DONE,
    DARK_HOST,
    DARK_LEASE,
    DARK_INTERLOCK,
    DARK_FAULT,
    DARK_LINK,
    DARK_RESTART,
};

void laser_power_on(void);
uint64_t laser_due_us(void); /* when the lease ends; NEVER_US without one */
void laser_advance(uint64_t now_us);

enum ramix_laser laser_state(void);
uint16_t laser_power_mw(void);
void laser_set_power_mw(uint16_t power_mw);
bool laser_interlock_is_closed(void);
uint16_t laser_lease_remaining_ms(uint64_t now_us);
uint64_t laser_lit_us(uint64_t now_us); /* all light since the restart */

enum ramix_status laser_arm(const struct request *request, struct reply *reply);
enum ramix_status laser_renew(const struct request *request, struct reply *reply);
enum ramix_status laser_off(const struct request *request, struct reply *reply);

/* For a lit exposure: on, and off again at its end, still armed. */
enum ramix_status laser_switch_on(uint64_t now_us);
void laser_exposure_done(uint64_t now_us);

/* Off and disarmed; a fault stays. */
void laser_go_dark(uint64_t now_us, enum dark_cause cause);

void laser_set_interlock(uint64_t now_us, bool is_open);
void laser_events_cleared(uint32_t up_to_number);

#endif
