// perf_event_open(2). No libc wraps it, its ioctls are variadic, and its flags are bit fields.

#ifndef FLEETRACE_PERF_EVENT_CALLS_H
#define FLEETRACE_PERF_EVENT_CALLS_H

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern long syscall(long number, ...);

/// What every counter here has in common.
static inline struct perf_event_attr perf_attributes(uint32_t type, uint64_t config) {
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = type;
    attr.config = config;
    return attr;
}

/// Opens a counter of everything that runs on one CPU. Returns the descriptor, or -errno.
static inline int perf_open(struct perf_event_attr *attr, int cpu, int group) {
    long fd = syscall(SYS_perf_event_open, attr, (long)-1, (long)cpu, (long)group, (unsigned long)PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

/// A counter of everything that runs on one CPU.
///
/// `excluded`: bits for what is not counted: 1 user, 2 kernel, 4 hypervisor, 8 guest.
/// A leader (`group` -1) starts disabled and controls its members. One read(2) of it gives `nr`, time enabled, time
/// running, then the leader's and each member's value, all 64 bits (PERF_FORMAT_GROUP).
/// Returns the descriptor, or -errno.
static inline int perf_open_counter(uint32_t type, uint64_t config, int cpu, int group, uint32_t excluded) {
    struct perf_event_attr attr = perf_attributes(type, config);
    attr.disabled = group < 0;
    attr.exclude_user = excluded & 1;
    attr.exclude_kernel = excluded >> 1 & 1;
    attr.exclude_hv = excluded >> 2 & 1;
    attr.exclude_guest = excluded >> 3 & 1;
    attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return perf_open(&attr, cpu, group);
}

/// A counter of everything that runs on one CPU, stopped, that interrupts it: so many times a second, or after so many
/// events. read(2) gives its value and the time enabled. Returns the descriptor, or -errno.
static inline int perf_open_sampler(uint32_t type, uint64_t config, int cpu, uint64_t number, int is_frequency) {
    struct perf_event_attr attr = perf_attributes(type, config);
    attr.disabled = 1;
    attr.freq = is_frequency != 0;
    attr.sample_period = number;  // the same place as sample_freq
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED;
    return perf_open(&attr, cpu, -1);
}

/// Starts a leader with its members. Returns 0, or -errno.
static inline int perf_enable(int fd) { return ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0 ? -errno : 0; }

/// Stops a leader with its members. Returns 0, or -errno.
static inline int perf_disable(int fd) { return ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) < 0 ? -errno : 0; }

/// Makes a tracepoint's counter count only events that match a filter. Returns 0, or -errno.
static inline int perf_set_filter(int fd, const char *filter) {
    return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0 ? -errno : 0;
}

/// Has an eBPF program run at each event of a tracepoint or probe, on whichever CPU it happens. Returns 0, or -errno.
static inline int perf_set_program(int fd, int program) {
    return ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) < 0 ? -errno : 0;
}

/// read(2). Returns the bytes read, or -errno.
static inline long perf_read(int fd, void *buffer, size_t count) {
    ssize_t n = read(fd, buffer, count);
    return n < 0 ? -(long)errno : (long)n;
}

#endif
