#include "noise.h"

/* xorshift64* of Vigna, ACM Transactions on Mathematical Software 42(4), 2016. */
static uint64_t state = 1;

static uint32_t next_u32(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1Du) >> 32);
}

void noise_seed(uint64_t seed)
{
    state = seed != 0 ? seed : 1;
    for (int i = 0; i < 16; i++)
        next_u32();
}

uint16_t noise_u16(void)
{
    return (uint16_t)(next_u32() >> 16);
}

/* The sum of twelve uniform numbers has variance 1; it ends at 6 standard deviations. */
double noise_normal(void)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += next_u32() / 4294967296.0;
    return sum;
}
