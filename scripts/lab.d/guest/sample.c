// Something to probe in a guest: a function with arguments and a result, and USDT probes with and without a semaphore.
// usage: sample [ROUNDS [MILLISECONDS BETWEEN [timed]]]   timed: how long each pause was, in ns, on a line each
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

// Above zero while somebody listens; the kernel counts it up through the probe's reference counter.
unsigned short fleetrace_watched_semaphore __attribute__((unused, section(".probes")));
unsigned short fleetrace_round_semaphore __attribute__((unused, section(".probes")));

// Without a marker at its first instruction: the kernel takes one semaphore for a place, or none, not both.
__attribute__((noipa)) int sample_work(int round, const char *name) {
    (void)name;
    return round * 2;
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **words) {
    // A call to trace: with a mode although nothing is made, which a C library would not pass on.
    long hosts = syscall(SYS_openat, AT_FDCWD, "/etc/hosts", O_RDONLY | O_CLOEXEC, 0666);
    if (hosts >= 0) close(hosts);
    int rounds = count > 1 ? atoi(words[1]) : 1;
    useconds_t pause = (count > 2 ? atoi(words[2]) : 0) * 1000;
    int watched = 0, sum = 0, timed = count > 3;
    for (int round = 1; round <= rounds; round++) {
        sum += sample_work(round, "sample text");
        DTRACE_PROBE2(fleetrace, round, round, "sample text");
        if (__builtin_expect(fleetrace_watched_semaphore, 0)) {
            watched++;
            DTRACE_PROBE1(fleetrace, watched, (long)round << 32);
        }
        long long begin = now();
        if (pause) usleep(pause);
        if (timed) printf("%lld\n", now() - begin);
    }
    printf("rounds=%d watched=%d sum=%d\n", rounds, watched, sum);
    return 0;
}
