/* The example firmware: one loop that waits, reads, answers and keeps the times.
 *
 * Read requests.c next, from a packet to its reply; laser.c and frame.c for what happens by itself.
 */
#define _DEFAULT_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "about.h"
#include "calibration.h"
#include "clock.h"
#include "cooler.h"
#include "events.h"
#include "factory_page.h"
#include "frame.h"
#include "hands.h"
#include "input.h"
#include "laser.h"
#include "limits.h"
#include "link.h"
#include "link_guard.h"
#include "noise.h"
#include "output.h"
#include "requests.h"
#include "settings.h"
#include "slots.h"
#include "spectrum.h"
#include "wall_clock.h"

static void power_on(uint64_t now_us, enum ramix_restart cause)
{
    wall_clock_power_on(now_us);
    laser_power_on();
    frame_power_on();
    cooler_power_on(now_us);
    settings_power_on();
    about_power_on();
    calibration_power_on();
    slots_power_on();
    events_note(RAMIX_EVENT_KIND_RESTARTED, now_us, cause);
}

/* Everything that falls due by now, each at its own moment. */
static void play_until(uint64_t now_us)
{
    for (;;) {
        uint64_t lease_us = laser_due_us(), frame_us = frame_due_us();
        uint64_t due_us = lease_us < frame_us ? lease_us : frame_us;
        if (due_us > now_us)
            return;
        laser_advance(due_us);
        frame_advance(due_us);
    }
}

static void end_link(uint64_t now_us, enum dark_cause cause)
{
    laser_go_dark(now_us, cause);
    frame_forget();
    output_clear();
    input_clear();
    link_guard_forget();
    link_drop();
}

static void lose_link(uint64_t now_us)
{
    end_link(now_us, DARK_LINK);
}

static void restart(uint64_t now_us)
{
    end_link(now_us, DARK_RESTART);
    power_on(now_us, RAMIX_RESTART_POWER_ON);
}

static void send_output(void)
{
    size_t size;
    const uint8_t *waiting = output_waiting(&size);
    long sent = link_write(waiting, size);

    if (sent > 0)
        output_sent((size_t)sent);
    else if (sent < 0)
        lose_link(clock_now_us());
}

/* Answer what is here, as long as the answers find room. */
static void serve(void)
{
    struct request request;

    play_until(clock_now_us());
    send_output(); /* it may make room */
    while (output_has_room() && input_next(&request)) {
        request.now_us = clock_now_us();
        play_until(request.now_us);
        requests_serve(&request);
        send_output();
    }
    send_output();
}

/* Read until the link has nothing more, or no more can be taken. */
static void receive(void)
{
    while (output_has_room()) {
        size_t room;
        uint8_t *bytes = input_room(&room);
        long count = link_read(bytes, room);

        if (count < 0)
            lose_link(clock_now_us());
        if (count <= 0)
            return;
        input_received(clock_now_us(), (size_t)count);
        serve();
    }
}

static int wait_ms(void)
{
    int64_t lease_us = clock_wait_us(laser_due_us()), frame_us = clock_wait_us(frame_due_us());
    int64_t shorter_us = lease_us;

    if (lease_us < 0 || (frame_us >= 0 && frame_us < lease_us))
        shorter_us = frame_us;
    return shorter_us < 0 ? -1 : (int)((shorter_us + 999) / 1000);
}

static void loop(void)
{
    for (;;) {
        struct pollfd fds[LINK_POLLFDS + 1];
        size_t waiting;

        output_waiting(&waiting);
        link_prepare(fds, output_has_room(), waiting > 0);
        fds[LINK_POLLFDS] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        poll(fds, LINK_POLLFDS + 1, wait_ms());
        play_until(clock_now_us());
        /* The host that is connected first: it may have left to make room for the next. */
        receive();
        if (link_at_door(fds) && link_admit())
            receive();
        serve();
        if (fds[LINK_POLLFDS].revents != 0) {
            if (!hands_read()) {
                lose_link(clock_now_us());
                return;
            }
            while (hands_do_one(clock_now_us())) {
                serve();
                hands_answer();
            }
        }
    }
}

static int fail(const char *sentence)
{
    fprintf(stderr, "%s\n", sentence);
    return 2;
}

static const char usage[] =
    "usage: ramix-example [--port PORT | --pty PATH] [--serial TEXT] [--replay FILE MS]\n"
    "           [--noise COUNTS] [--average] [--seed NUMBER] [--page FILE]\n"
    "           [--slots SLOT_BYTES CHUNK_BYTES] [--stopped-clock]\n"
    "           [--key-file FILE [--everywhere]]\n"
    "The host connects to the address on the first line. The sample cover, the trigger and more\n"
    "are lines on standard input (hands.h); the program ends with it.";

int main(int argc, char **argv)
{
    static const struct analyzer_actions actions = {lose_link, restart, play_until};
    bool everywhere = false;
    const char *pty = NULL, *page = NULL, *replay = NULL;
    uint16_t port = 7850;
    uint64_t seed = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();

    for (int i = 1; i < argc; i++) {
        int left = argc - i - 1;
        if (strcmp(argv[i], "--port") == 0 && left >= 1)
            port = (uint16_t)atoi(argv[++i]);
        else if (strcmp(argv[i], "--pty") == 0 && left >= 1)
            pty = argv[++i];
        else if (strcmp(argv[i], "--serial") == 0 && left >= 1) {
            if (!about_set_serial(argv[++i]))
                return fail("A serial number has 1 to 32 bytes.");
        } else if (strcmp(argv[i], "--replay") == 0 && left >= 2) {
            replay = argv[++i];
            if (!spectrum_replay(replay, (uint32_t)(1000.0 * atof(argv[++i]))))
                return fail("The recording cannot be read: two numbers a line, 3 to 4096 lines.");
        } else if (strcmp(argv[i], "--page") == 0 && left >= 1) {
            page = argv[++i];
            if (!factory_page_load(page))
                return fail("The calibration page cannot be read.");
        } else if (strcmp(argv[i], "--slots") == 0 && left >= 2) {
            uint32_t bytes = (uint32_t)atol(argv[++i]);
            if (!slots_set_sizes(bytes, (uint32_t)atol(argv[++i])))
                return fail("Slots have 1 to 1048576 bytes, chunks 32 to 4096.");
        } else if (strcmp(argv[i], "--noise") == 0 && left >= 1)
            spectrum_set_noise(atof(argv[++i]));
        else if (strcmp(argv[i], "--average") == 0)
            spectrum_set_average();
        else if (strcmp(argv[i], "--seed") == 0 && left >= 1)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--key-file") == 0 && left >= 1) {
            if (!link_guard_load(argv[++i]))
                return fail("The key file has 64 hex digits and is its owner's alone.");
        } else if (strcmp(argv[i], "--everywhere") == 0)
            everywhere = true;
        else if (strcmp(argv[i], "--stopped-clock") == 0)
            clock_stop();
        else
            return fail(usage);
    }
    if (pty != NULL && (everywhere || link_guard_needs_key()))
        return fail("A terminal needs no key: who holds the cable holds the analyzer.");
    if (everywhere && !link_guard_needs_key())
        return fail("Other machines would reach it: --everywhere needs --key-file.");
    if (page == NULL)
        factory_page_make(about_serial());
    if (replay == NULL)
        spectrum_prepare();
    noise_seed(seed);
    input_use_cobs(pty != NULL);
    output_use_cobs(pty != NULL);
    if (pty != NULL ? !link_open_pty(pty) : (port = link_open_tcp(port, everywhere)) == 0)
        return fail("The port cannot be opened.");
    if (pty != NULL)
        printf("%s\n", pty);
    else
        printf("tcp://127.0.0.1:%u\n", port);
    fflush(stdout);
    hands_init(&actions);
    power_on(clock_now_us(), RAMIX_RESTART_POWER_ON);
    loop();
    link_close();
    return 0;
}
