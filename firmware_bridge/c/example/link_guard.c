#define _DEFAULT_SOURCE
#include "link_guard.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ramix_link_key.h"
#include "about.h"
#include "laser.h"

static uint8_t key[RAMIX_LINK_KEY_BYTES];
static bool needs_key, is_proven, has_challenge;
static uint8_t host_nonce[32], analyzer_nonce[32];

static int digit_value(int digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool link_guard_load(const char *path)
{
    char text[2 * sizeof key + 3]; /* one byte more than 64 digits and the end of a line */
    struct stat status;
    size_t size = 0;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a named pipe is not waited for */

    if (file < 0)
        return false;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_uid == 0 || status.st_uid == geteuid()) &&
        (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        ssize_t count = read(file, text, sizeof text);
        size = count > 0 ? (size_t)count : 0;
    }
    close(file);
    while (size > 2 * sizeof key && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    needs_key = size == 2 * sizeof key;
    for (size_t i = 0; needs_key && i < sizeof key; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        needs_key = high >= 0 && low >= 0;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return needs_key;
}

bool link_guard_needs_key(void)
{
    return needs_key;
}

void link_guard_forget(void)
{
    is_proven = has_challenge = false;
}

enum ramix_status link_guard_check(uint16_t opcode)
{
    switch (opcode) {
    case RAMIX_OPCODE_CHALLENGE:
    case RAMIX_OPCODE_AUTHENTICATE:
        return needs_key ? RAMIX_STATUS_OK : RAMIX_STATUS_UNKNOWN_OPCODE;
    case RAMIX_OPCODE_HELLO:
    case RAMIX_OPCODE_GET_CAPABILITIES:
    case RAMIX_OPCODE_ABORT:
    case RAMIX_OPCODE_FLUSH:
    case RAMIX_OPCODE_GET_CAMERA:
    case RAMIX_OPCODE_GET_STATE:
    case RAMIX_OPCODE_LASER_OFF:
    case RAMIX_OPCODE_GET_POWER:
    case RAMIX_OPCODE_GET_CLOCK:
    case RAMIX_OPCODE_GET_EVENTS:
    case RAMIX_OPCODE_READ_CALIBRATION:
    case RAMIX_OPCODE_SLOT_INFO:
        return RAMIX_STATUS_OK;
    default:
        return needs_key && !is_proven ? RAMIX_STATUS_UNAUTHORIZED : RAMIX_STATUS_OK;
    }
}

enum ramix_status link_guard_challenge(const struct request *request, struct reply *reply)
{
    const struct ramix_challenge *asked = request->payload;
    struct ramix_analyzer_challenge *answer = reply->payload;

    laser_go_dark(request->now_us, DARK_HOST);
    link_guard_forget();
    if (getentropy(analyzer_nonce, sizeof analyzer_nonce) != 0)
        return RAMIX_STATUS_UNAUTHORIZED; /* a nonce that can be guessed would let old proofs in */
    memcpy(host_nonce, asked->host_nonce, sizeof host_nonce);
    has_challenge = true;
    memcpy(answer->analyzer_nonce, analyzer_nonce, sizeof analyzer_nonce);
    reply->size = sizeof *answer;
    return RAMIX_STATUS_OK;
}

static void prove(enum ramix_link_side side, uint8_t proof[32])
{
    char serial[32] = {0}; /* as in DeviceInfo */

    memcpy(serial, about_serial(), strlen(about_serial()));
    ramix_link_proof(key, side, host_nonce, analyzer_nonce, serial, proof);
}

enum ramix_status link_guard_authenticate(const struct request *request, struct reply *reply)
{
    const struct ramix_authenticate *asked = request->payload;
    struct ramix_analyzer_proof *answer = reply->payload;
    uint8_t wanted[32];
    bool is_waiting = has_challenge;

    has_challenge = false; /* one try for each */
    if (!is_waiting)
        return RAMIX_STATUS_UNAUTHORIZED;
    prove(RAMIX_LINK_HOST, wanted);
    if (!ramix_link_is_same(asked->host_proof, wanted))
        return RAMIX_STATUS_UNAUTHORIZED;
    is_proven = true;
    prove(RAMIX_LINK_ANALYZER, answer->analyzer_proof);
    reply->size = sizeof *answer;
    return RAMIX_STATUS_OK;
}
