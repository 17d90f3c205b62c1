/* A disk with faults, for one process: preloaded (LD_PRELOAD), it stands before the calls that write files.
 *
 * The file FAULTY_DISK_CONTROL says what is wrong now; it may change at any time:
 *
 *   ok           nothing
 *   EIO          writes, fdatasync and new files fail with that error; likewise ENOSPC, EROFS
 *   sync EIO     only fdatasync fails
 *   short        a write takes half of its bytes, and the next one fails with ENOSPC
 *   slow 1048576 writes take their time: bytes a second
 *
 * Only files below FAULTY_DISK_FOLDER are touched. Reading, and everything else, is as always.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int next_of(void **call, const char *name) {
    if (!*call) *call = dlsym(RTLD_NEXT, name);
    return *call != NULL;
}

static int is_on_disk(int file) {
    const char *folder = getenv("FAULTY_DISK_FOLDER");
    char link[64], path[4096];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* What is wrong now. */
static void fault(char *text, size_t size) {
    static int (*real_open)(const char *, int, ...);
    static ssize_t (*real_read)(int, void *, size_t);
    const char *control = getenv("FAULTY_DISK_CONTROL");
    text[0] = 0;
    if (!control || !next_of((void **)&real_open, "open") || !next_of((void **)&real_read, "read")) return;
    int file = real_open(control, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t length = real_read(file, text, size - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    text[strcspn(text, "\n")] = 0;
}

static int error_named(const char *name) {
    if (strcmp(name, "EIO") == 0) return EIO;
    if (strcmp(name, "ENOSPC") == 0) return ENOSPC;
    if (strcmp(name, "EROFS") == 0) return EROFS;
    return 0;
}

/* How many of the bytes may be written; -1 and errno for none. */
static ssize_t allowed(int file, size_t count) {
    static __thread int is_second;
    char text[64];
    if (!is_on_disk(file)) return (ssize_t)count;
    fault(text, sizeof text);
    int error = error_named(text);
    if (strcmp(text, "short") == 0) {
        is_second = !is_second;
        if (is_second && count > 1) return (ssize_t)(count / 2);
        error = ENOSPC;
    }
    if (error) {
        errno = error;
        return -1;
    }
    if (strncmp(text, "slow ", 5) == 0) {
        double seconds = (double)count / (atof(text + 5) + 1);
        struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
        nanosleep(&time, NULL);
    }
    return (ssize_t)count;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    ssize_t most = allowed(file, count);
    if (most < 0 || !next_of((void **)&real, "pwrite64")) return -1;
    return real(file, bytes, (size_t)most, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return pwrite64(file, bytes, count, offset);
}

ssize_t write(int file, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    ssize_t most = allowed(file, count);
    if (most < 0 || !next_of((void **)&real, "write")) return -1;
    return real(file, bytes, (size_t)most);
}

int fdatasync(int file) {
    static int (*real)(int);
    char text[64];
    if (is_on_disk(file)) {
        fault(text, sizeof text);
        int error = error_named(strncmp(text, "sync ", 5) == 0 ? text + 5 : text);
        if (error) {
            errno = error;
            return -1;
        }
    }
    return next_of((void **)&real, "fdatasync") ? real(file) : -1;
}

int openat(int folder, const char *path, int flags, ...) {
    static int (*real)(int, const char *, int, ...);
    mode_t mode = 0;
    if (flags & O_CREAT) {
        char text[64];
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
        if (folder >= 0 && is_on_disk(folder)) {
            fault(text, sizeof text);
            int error = error_named(text);
            if (error) {
                errno = error;
                return -1;
            }
        }
    }
    return next_of((void **)&real, "openat") ? real(folder, path, flags, mode) : -1;
}
