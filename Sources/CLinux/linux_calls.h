// Linux calls that Swift's Glibc overlay does not have: system calls without a
// libc wrapper in every libc, variadic functions, and constants that are macros
// with casts. Everything is `static inline`, so there is nothing to link.

#ifndef FLEETRACE_LINUX_CALLS_H
#define FLEETRACE_LINUX_CALLS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

// glibc declares it only with _DEFAULT_SOURCE or wider; the prototype is fixed by the ABI.
extern long syscall(long number, ...);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// The calling thread's id, in the pid namespace of the process.
static inline int32_t linux_gettid(void) { return (int32_t)syscall(SYS_gettid); }

/// open(2) without variadic arguments. Returns the descriptor, or -errno.
static inline int linux_open(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/// open(2) of a file that its owner alone may read, closed on exec. Returns the descriptor, or -errno.
static inline int linux_open_private(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

/// Whether there is a file of this path.
static inline bool linux_exists(const char *path) { return access(path, F_OK) == 0; }

/// read(2). Returns the bytes read, or -errno, so that no other call can change errno before it is read.
static inline ssize_t linux_read(int fd, void *buffer, size_t count) {
    ssize_t n = read(fd, buffer, count);
    return n < 0 ? -(ssize_t)errno : n;
}

/// write(2). Returns the bytes written, or -errno.
static inline ssize_t linux_write(int fd, const void *buffer, size_t count) {
    ssize_t n = write(fd, buffer, count);
    return n < 0 ? -(ssize_t)errno : n;
}

/// poll(2) for POLLIN on one descriptor. Returns revents (0 after the timeout), or -errno.
static inline int linux_poll_input(int fd, int timeout_milliseconds) {
    struct pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
    int n = poll(&entry, 1, timeout_milliseconds);
    return n < 0 ? -errno : (n == 0 ? 0 : entry.revents);
}

/// CLOCK_MONOTONIC_RAW in nanoseconds; 0 only if the clock does not exist.
static inline uint64_t linux_monotonic_raw(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC_RAW, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// Sleeps for the given time, shorter if a signal arrives.
static inline void linux_sleep_nanoseconds(uint64_t nanoseconds) {
    struct timespec time = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)};
    nanosleep(&time, NULL);
}

/// sched_setaffinity(2) with a plain bit mask (bit n of byte n/8 is CPU n). Returns 0, or -errno.
static inline int linux_set_affinity(int32_t tid, const void *mask, size_t bytes) {
    return syscall(SYS_sched_setaffinity, (long)tid, (unsigned long)bytes, mask) < 0 ? -errno : 0;
}

/// sched_getaffinity(2) into a plain bit mask. Returns the bytes the kernel filled in, or -errno.
static inline int linux_get_affinity(int32_t tid, void *mask, size_t bytes) {
    long n = syscall(SYS_sched_getaffinity, (long)tid, (unsigned long)bytes, mask);
    return n < 0 ? -errno : (int)n;
}

/// membarrier(2) with MEMBARRIER_CMD_GLOBAL (1): a memory barrier on all CPUs. The kernel calls synchronize_rcu().
/// Returns 0, or -errno.
static inline int linux_membarrier_global(void) {
    return syscall(SYS_membarrier, 1L, 0L, 0L) < 0 ? -errno : 0;
}

/// The file system's magic number (statfs f_type), or -errno.
static inline int64_t linux_filesystem_magic(const char *path) {
    struct statfs facts;
    return statfs(path, &facts) != 0 ? -(int64_t)errno : (int64_t)(uint32_t)facts.f_type;
}

/// include/uapi/linux/magic.h
static const int64_t linux_tracefs_magic = 0x74726163;

/// mount(2) of a tracefs instance on an existing directory. Returns 0, or -errno.
static inline int linux_mount_tracefs(const char *directory) {
    int rc = mount("nodev", directory, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    return rc != 0 ? -errno : 0;
}

static const int64_t linux_debugfs_magic = 0x64626720;

/// Mounts a file system that is not attached to the directory tree (fsopen(2), fsmount(2), Linux 5.2). No other process
/// sees it, and closing the descriptor unmounts it. Its files are below /proc/self/fd/N. Returns the descriptor, or
/// -errno.
static inline int linux_detached_mount(const char *type) {
#if defined(SYS_fsopen) && defined(SYS_fsconfig) && defined(SYS_fsmount)
    const unsigned int close_on_exec = 1;       // FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC
    const unsigned int create = 6;              // FSCONFIG_CMD_CREATE
    const unsigned int attributes = 2 | 4 | 8;  // MOUNT_ATTR_NOSUID, _NODEV, _NOEXEC
    int context = (int)syscall(SYS_fsopen, type, close_on_exec);
    if (context < 0) return -errno;
    long result = syscall(SYS_fsconfig, context, create, NULL, NULL, 0);
    if (result >= 0) result = syscall(SYS_fsmount, context, close_on_exec, attributes);
    int error = errno;
    close(context);
    return result < 0 ? -error : (int)result;
#else
    (void)type;
    return -ENOSYS;
#endif
}

/// Inode number of a path (following links, which is what /proc/self/ns/pid needs), or 0 if there is none.
static inline uint64_t linux_inode(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? (uint64_t)facts.st_ino : 0;
}

static inline int linux_mkdir(const char *path) { return mkdir(path, 0755) != 0 ? -errno : 0; }
static inline int linux_rmdir(const char *path) { return rmdir(path) != 0 ? -errno : 0; }

/// The entry's name: `d_name` is imported into Swift as a tuple.
static inline const char *linux_entry_name(const struct dirent *entry) { return entry->d_name; }

/// The message of an errno value, as strerror(3) gives it, in the caller's buffer.
static inline void linux_error_text(int error, char *buffer, size_t size) {
    if (size == 0) return;
    const char *text = strerror(error);
    size_t length = strlen(text);
    if (length >= size) length = size - 1;
    memcpy(buffer, text, length);
    buffer[length] = 0;
}

static inline const char *linux_uname_release(const struct utsname *u) { return u->release; }
static inline const char *linux_uname_machine(const struct utsname *u) { return u->machine; }
static inline const char *linux_uname_node(const struct utsname *u) { return u->nodename; }

/// prctl(2) PR_SET_PDEATHSIG: the signal that this process gets when its parent ends. Returns 0, or -errno.
static inline int linux_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL) < 0 ? -errno : 0;
}

/// mallopt(3): all threads share one heap (M_ARENA_MAX), because a heap for each would keep megabytes that others cannot
/// use. And glibc does not adapt to the largest block that was ever freed, some 8 MB, by keeping twice as much
/// (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD): a MiB or more is the kernel's again once it is freed, as are 4 MiB at the heap's
/// end.
static inline void linux_keep_heap_small(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}

/// malloc_trim(3): gives free memory of the heap back to the kernel. Takes milliseconds with a large heap.
static inline void linux_trim_heap(void) {
#ifdef M_ARENA_MAX
    malloc_trim(0);
#endif
}

/// Takes the pages of this program's code and constants out of its resident set. Those in use come back from the page
/// cache at their next use (madvise(2) MADV_DONTNEED); those that only the start needed stay out.
///
/// A page that somebody has written to is left alone: it holds a breakpoint, of a uprobe or a debugger. Where
/// /proc/self/pagemap (proc(5)) does not say which pages these are, nothing is dropped.
static inline void linux_drop_program_pages(void) {
    extern const char __executable_start[], etext[];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t end = (size_t)etext / page;
    const uint64_t present = 1ULL << 63, of_file = 1ULL << 61;
    const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return;
    uint64_t entries[512];
    for (size_t first = (size_t)__executable_start / page; first < end; first += 512) {
        const size_t count = end - first < 512 ? end - first : 512;
        const ssize_t bytes = (ssize_t)(count * sizeof entries[0]);
        if (pread(pagemap, entries, (size_t)bytes, (off_t)(first * sizeof entries[0])) != bytes) break;
        for (size_t i = 0; i < count;) {
            size_t run = 0;
            while (i + run < count && (entries[i + run] & present) && (entries[i + run] & of_file)) run++;
            if (run > 0) madvise((void *)((first + i) * page), run * page, MADV_DONTNEED);
            i += run > 0 ? run : 1;
        }
    }
    close(pagemap);
}

/// poll(2) for nothing but POLLHUP on one descriptor, without a limit in time. Returns 1, or -errno.
static inline int linux_poll_hangup(int fd) {
    struct pollfd entry = {.fd = fd, .events = 0, .revents = 0};
    int n = poll(&entry, 1, -1);
    return n < 0 ? -errno : n;
}

/// pipe2(2) with both ends closed on exec. Returns 0, or -errno.
static inline int linux_pipe(int ends[2]) {
    // glibc declares pipe2 only with _GNU_SOURCE.
    return syscall(SYS_pipe2, ends, O_CLOEXEC) < 0 ? -errno : 0;
}

/// The program that is started has no descriptor from this one on. Returns an errno. Since glibc 2.34.
static inline int linux_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

/// POSIX_SPAWN_SETSID, which glibc declares only with _GNU_SOURCE.
static const short linux_spawn_new_session = 0x80;

/// sigaction(2): whether this process ignores a signal.
static inline bool linux_signal_is_ignored(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// prctl(2) PR_SET_NAME: the calling thread's name, at most 15 bytes of it.
static inline void linux_set_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL); }

/// sched_setscheduler(2): the calling thread runs before all that have no real-time priority; where that is refused, before
/// most others (setpriority(2)). Without either it goes on as it is.
static inline void linux_run_promptly(void) {
    // SCHED_RESET_ON_FORK, sched.h: no child inherits it.
    const int reset_on_fork = 0x40000000;
    struct sched_param parameter = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO | reset_on_fork, &parameter) != 0) setpriority(PRIO_PROCESS, 0, -10);
}

/// What the kernel knows of how far CLOCK_REALTIME is from UTC: adjtimex(2), which changes nothing here.
///
/// Returns whether somebody synchronises it, or -errno. `error_us` is then its estimate of the greatest error (`maxerror`).
static inline int linux_utc_error(int64_t *error_us) {
    struct timex state;
    memset(&state, 0, sizeof state);
    int code = adjtimex(&state);
    if (code < 0) return -errno;
    *error_us = state.maxerror;
    return code != TIME_ERROR && !(state.status & STA_UNSYNC);
}

/// What slews CLOCK_REALTIME and CLOCK_MONOTONIC now: adjtimex(2), which changes nothing here.
struct linux_slewing {
    /// us in 1/100 s: 10000 unless slewed.
    int64_t tick;
    /// Parts per million, times 2^16.
    int64_t frequency;
    /// What the phase-locked loop has still to make up for, ns.
    int64_t offset;
    /// Whether pulses of a clock may move more than that (STA_PPSTIME).
    bool by_pulses;
};

/// Returns 0, or -errno.
static inline int linux_read_slewing(struct linux_slewing *slewing) {
    struct timex state;
    memset(&state, 0, sizeof state);
    if (adjtimex(&state) < 0) return -errno;
    slewing->tick = state.tick;
    slewing->frequency = state.freq;
    slewing->offset = state.status & STA_NANO ? state.offset : (int64_t)state.offset * 1000;
    slewing->by_pulses = state.status & STA_PPSTIME;
    return 0;
}

/// open_by_handle_at(2) of a cgroup of version 2 by its number (FILEID_KERNFS of include/linux/exportfs.h).
///
/// `mount` is open somewhere in that file system. Returns the descriptor, or -errno.
static inline int linux_open_cgroup(int mount, uint64_t id) {
    struct {
        uint32_t bytes;
        int32_t type;
        uint64_t id;
    } handle = {sizeof id, 0xfe, id};
    int fd = (int)syscall(SYS_open_by_handle_at, mount, &handle, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/// pipe(2) with both ends non-blocking and closed on exec. Returns 0, or -errno.
static inline int linux_wake_pipe(int ends[2]) {
    if (pipe(ends) < 0) return -errno;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

extern void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);

/// Where bytes are first found in others; NULL when they are not. A GNU function, which Swift's Glibc leaves out.
static inline const void *linux_find(const void *bytes, size_t count, const void *wanted, size_t wanted_count) {
    return memmem(bytes, count, wanted, wanted_count);
}

#endif
