// A preloaded clock_gettime: CLOCK_MONOTONIC_RAW of this process is another clock, the same one as that of clocks.py.
//
//   FLEETRACE_SHIM="t0=NS;after=S;ppb=X;sine=AMPLITUDE_NS:PERIOD_S;step=AT_S:NS,..."
//
// t0 is a time of the kernel's clock; the others count from it. Nothing is changed before `after`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_STEPS = 64 };

static int (*kernel_clock)(clockid_t, struct timespec *);
static int is_on, steps;
static int64_t t0, after, ppb, step_at[MOST_STEPS], step_by[MOST_STEPS];
static double amplitude, period;

static int64_t floor_divide(__int128 a, int64_t b)
{
    __int128 quotient = a / b;
    return (int64_t)(a % b < 0 ? quotient - 1 : quotient);
}

__attribute__((constructor)) static void prepare(void)
{
    kernel_clock = dlsym(RTLD_NEXT, "clock_gettime");
    const char *stated = getenv("FLEETRACE_SHIM");
    if (!stated)
        return;
    char *text = strdup(stated), *rest = NULL;
    for (char *part = strtok_r(text, ";", &rest); part; part = strtok_r(NULL, ";", &rest)) {
        char *value = strchr(part, '=');
        if (!value)
            continue;
        *value++ = 0;
        if (!strcmp(part, "t0"))
            t0 = atoll(value);
        else if (!strcmp(part, "after"))
            after = (int64_t)(atof(value) * 1e9);
        else if (!strcmp(part, "ppb"))
            ppb = atoll(value);
        else if (!strcmp(part, "sine"))
            sscanf(value, "%lf:%lf", &amplitude, &period);
        else if (!strcmp(part, "step"))
            for (char *at = value; at && *at && steps < MOST_STEPS; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
                step_at[steps] = (int64_t)(atof(at) * 1e9);
                step_by[steps++] = atoll(strchr(at, ':') + 1);
            }
    }
    is_on = 1;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!kernel_clock)
        kernel_clock = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = kernel_clock(clock, time);
    if (failed || clock != CLOCK_MONOTONIC_RAW || !is_on)
        return failed;
    int64_t now = time->tv_sec * 1000000000LL + time->tv_nsec;
    int64_t since = now - t0;
    int64_t offset = since > after ? floor_divide((__int128)(since - after) * ppb, 1000000000) : 0;
    for (int i = 0; i < steps; i++)
        if (since >= step_at[i])
            offset += step_by[i];
    if (amplitude && since >= after)
        offset += (int64_t)floor(amplitude * sin(2 * M_PI * ((since - after) / 1e9) / period));
    now += offset;
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
    return 0;
}
