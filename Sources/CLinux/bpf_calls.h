// bpf(2). No libc wraps it, and its argument is a union with a member for each command. `static inline`, so there is
// nothing to link. Descriptors of maps and programs are closed on exec by the kernel (kernel/bpf/syscall.c).

#ifndef FLEETRACE_BPF_CALLS_H
#define FLEETRACE_BPF_CALLS_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern long syscall(long number, ...);

static inline long linux_bpf(enum bpf_cmd command, union bpf_attr *attr) {
    return syscall(SYS_bpf, (long)command, attr, sizeof *attr);
}

/// Copies a name as the kernel wants it: at most 15 bytes, padded with NULs.
static inline void bpf_copy_name(char target[BPF_OBJ_NAME_LEN], const char *name) {
    for (size_t i = 0; i + 1 < BPF_OBJ_NAME_LEN && name[i]; i++) target[i] = name[i];
}

/// BPF_PROG_GET_NEXT_ID. Returns the number of the first loaded program behind `after`, or -errno: ENOENT behind the last.
static inline int64_t bpf_next_program(uint32_t after) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.start_id = after;
    return linux_bpf(BPF_PROG_GET_NEXT_ID, &attr) < 0 ? -(int64_t)errno : (int64_t)attr.next_id;
}

/// BPF_MAP_CREATE. Returns the descriptor, or -errno.
static inline int bpf_create_map(
    uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries, uint32_t flags, const char *name) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_type = type;
    attr.key_size = key_size;
    attr.value_size = value_size;
    attr.max_entries = entries;
    attr.map_flags = flags;
    bpf_copy_name(attr.map_name, name);
    long fd = linux_bpf(BPF_MAP_CREATE, &attr);
    return fd < 0 ? -errno : (int)fd;
}

/// BPF_PROG_LOAD. `log` receives what the verifier writes, or is NULL. Returns the descriptor, or -errno.
static inline int bpf_load_program(
    uint32_t type, const void *instructions, uint32_t count, const char *name, char *log, uint32_t log_size) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.prog_type = type;
    attr.insns = (uint64_t)(uintptr_t)instructions;
    attr.insn_cnt = count;
    // Helpers that read memory of the kernel are for programs under the GPL or a licence compatible with it.
    attr.license = (uint64_t)(uintptr_t)"Dual BSD/GPL";
    attr.log_buf = (uint64_t)(uintptr_t)log;
    attr.log_size = log_size;
    attr.log_level = log ? 1 : 0;
    bpf_copy_name(attr.prog_name, name);
    long fd = linux_bpf(BPF_PROG_LOAD, &attr);
    return fd < 0 ? -errno : (int)fd;
}

/// BPF_MAP_UPDATE_ELEM; `key` is NULL for a queue. Returns 0, or -errno.
static inline int bpf_update_element(int map, const void *key, const void *value) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_fd = (uint32_t)map;
    attr.key = (uint64_t)(uintptr_t)key;
    attr.value = (uint64_t)(uintptr_t)value;
    return linux_bpf(BPF_MAP_UPDATE_ELEM, &attr) < 0 ? -errno : 0;
}

/// BPF_MAP_DELETE_ELEM. Returns 0, or -errno.
static inline int bpf_delete_element(int map, const void *key) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_fd = (uint32_t)map;
    attr.key = (uint64_t)(uintptr_t)key;
    return linux_bpf(BPF_MAP_DELETE_ELEM, &attr) < 0 ? -errno : 0;
}

/// Maps the values of an array that was made with BPF_F_MMAPABLE. Returns NULL and sets `error` where it cannot.
static inline void *bpf_map_values(int map, size_t bytes, int writable, int *error) {
    void *values = mmap(NULL, bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, map, 0);
    if (values != MAP_FAILED) return values;
    *error = errno;
    return NULL;
}

/// How often the kernel did not run a program because it ran another one on that CPU (`recursion_misses` of struct
/// bpf_prog_info). Returns 0, or -errno.
static inline int bpf_program_misses(int program, uint64_t *misses) {
    struct bpf_prog_info info;
    memset(&info, 0, sizeof info);
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.info.bpf_fd = (uint32_t)program;
    attr.info.info_len = sizeof info;
    attr.info.info = (uint64_t)(uintptr_t)&info;
    if (linux_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0) return -errno;
    *misses = info.recursion_misses;
    return 0;
}

/// BPF_RAW_TRACEPOINT_OPEN. Returns the descriptor of the link, or -errno.
static inline int bpf_open_raw_tracepoint(int program, const char *name) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.raw_tracepoint.name = (uint64_t)(uintptr_t)name;
    attr.raw_tracepoint.prog_fd = (uint32_t)program;
    long fd = linux_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
    return fd < 0 ? -errno : (int)fd;
}

/// Whether there still is a program or a map of this id. Nobody gets an id again before all others were given.
static inline bool bpf_exists(bool is_program, uint32_t id) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.prog_id = id;  // the same place as map_id
    long fd = linux_bpf(is_program ? BPF_PROG_GET_FD_BY_ID : BPF_MAP_GET_FD_BY_ID, &attr);
    if (fd >= 0) close((int)fd);
    return fd >= 0;
}

/// setrlimit(2): before Linux 5.11 memory of maps counts against RLIMIT_MEMLOCK. Returns 0, or -errno.
static inline int bpf_lift_memory_limit(void) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_MEMLOCK, &limit) < 0 ? -errno : 0;
}

#endif
