// UDP sockets whose datagrams carry the kernel's time stamps: ancillary data (cmsg(3)), which Swift cannot import, in
// plain structures. Constants and layouts are those of the kernel's ABI, as glibc hides some without _GNU_SOURCE.

#ifndef FLEETRACE_LINUX_DATAGRAMS_H
#define FLEETRACE_LINUX_DATAGRAMS_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// Where a datagram came from, and to which address of this machine: a reply has to leave from that one, or no router on
/// the way takes it for a reply. All bytes that are not used are 0.
struct linux_endpoint {
    struct sockaddr_storage peer;
    uint32_t peer_length;
    /// AF_INET, AF_INET6, or 0 for an address that the kernel chooses.
    uint32_t local_family;
    uint8_t local[16];
};

/// Five clocks in the order in which they were read, ns.
struct linux_clock_reading {
    int64_t raw_before, monotonic_before, realtime, monotonic_after, raw_after;
};

static inline int64_t linux_clock_nanoseconds(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) return 0;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// The same by the system call, past the C library and whatever stands before it.
static inline int64_t linux_kernel_clock_nanoseconds(clockid_t clock) {
    struct timespec now;
    if (syscall(SYS_clock_gettime, clock, &now) != 0) return 0;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void linux_read_clocks(struct linux_clock_reading *reading) {
    reading->raw_before = linux_clock_nanoseconds(CLOCK_MONOTONIC_RAW);
    reading->monotonic_before = linux_clock_nanoseconds(CLOCK_MONOTONIC);
    reading->realtime = linux_clock_nanoseconds(CLOCK_REALTIME);
    reading->monotonic_after = linux_clock_nanoseconds(CLOCK_MONOTONIC);
    reading->raw_after = linux_clock_nanoseconds(CLOCK_MONOTONIC_RAW);
}

/// Whether two endpoints are the same. Padding of the addresses is 0 in both.
static inline bool linux_same_endpoint(const struct linux_endpoint *a, const struct linux_endpoint *b) {
    return a->peer_length == b->peer_length && memcmp(&a->peer, &b->peer, a->peer_length) == 0 &&
           a->local_family == b->local_family && memcmp(a->local, b->local, sizeof a->local) == 0;
}

enum {
    linux_so_timestamping = 37,    // SO_TIMESTAMPING_OLD: three struct timespec, Linux 2.6.30
    linux_tx_software = 1 << 1,    // SOF_TIMESTAMPING_TX_SOFTWARE
    linux_rx_software = 1 << 3,    // SOF_TIMESTAMPING_RX_SOFTWARE
    linux_software = 1 << 4,       // SOF_TIMESTAMPING_SOFTWARE
    linux_opt_tsonly = 1 << 11,    // SOF_TIMESTAMPING_OPT_TSONLY
    linux_ip_pktinfo = 8,          // IP_PKTINFO
    linux_ipv6_recvpktinfo = 49,   // IPV6_RECVPKTINFO
    linux_ipv6_pktinfo = 50,       // IPV6_PKTINFO
};

/// A UDP socket that is bound to an address, without waiting and closed on exec. Stamps are switched on as far as the
/// kernel has them. Returns the descriptor, or -errno.
static inline int linux_udp_socket(const struct sockaddr *address, socklen_t length, bool stamps_sent) {
    int fd = socket(address->sa_family, SOCK_DGRAM, 0);
    if (fd < 0) return -errno;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    int on = 1;
    int stamps = linux_rx_software | linux_software;
    if (stamps_sent) stamps |= linux_tx_software | linux_opt_tsonly;
    // A kernel that refuses leaves the process's own readings.
    setsockopt(fd, SOL_SOCKET, linux_so_timestamping, &stamps, sizeof stamps);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, linux_ipv6_recvpktinfo, &on, sizeof on);
    else
        setsockopt(fd, IPPROTO_IP, linux_ip_pktinfo, &on, sizeof on);
    if (bind(fd, address, length) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

/// The software stamp among a message's ancillary data, CLOCK_REALTIME in ns, or 0.
static inline int64_t linux_stamp_of(struct msghdr *message) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != linux_so_timestamping) continue;
        if (c->cmsg_len < CMSG_LEN(sizeof(struct timespec))) continue;
        struct timespec stamp;
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        return (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
    }
    return 0;
}

/// recvmsg(2). Returns the bytes of the datagram (also those that did not fit), or -errno.
///
/// - stamp: when the kernel received it, CLOCK_REALTIME in ns; 0 if it does not say.
static inline ssize_t linux_receive_datagram(
    int fd, void *buffer, size_t size, struct linux_endpoint *from, int64_t *stamp) {
    char control[256] __attribute__((aligned(8)));
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    memset(from, 0, sizeof *from);
    struct msghdr message = {
        .msg_name = &from->peer, .msg_namelen = sizeof from->peer, .msg_iov = &part, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(fd, &message, MSG_TRUNC);
    if (count < 0) return -(ssize_t)errno;
    from->peer_length = message.msg_namelen;
    *stamp = linux_stamp_of(&message);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == linux_ip_pktinfo && c->cmsg_len >= CMSG_LEN(12)) {
            // struct in_pktinfo: interface, the address to reply from, the destination in the header.
            from->local_family = AF_INET;
            memcpy(from->local, CMSG_DATA(c) + 4, 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == linux_ipv6_pktinfo && c->cmsg_len >= CMSG_LEN(20)) {
            // struct in6_pktinfo: address, interface.
            from->local_family = AF_INET6;
            memcpy(from->local, CMSG_DATA(c), 16);
        }
    }
    return count;
}

/// sendmsg(2) to an endpoint, from the address that it wrote to. Returns 0, or -errno.
static inline int linux_send_datagram(int fd, const void *bytes, size_t count, const struct linux_endpoint *to) {
    char control[64] __attribute__((aligned(8)));
    memset(control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_name = (void *)&to->peer, .msg_namelen = to->peer_length, .msg_iov = &part, .msg_iovlen = 1};
    if (to->local_family != 0) {
        bool six = to->local_family == AF_INET6;
        message.msg_control = control;
        message.msg_controllen = six ? CMSG_SPACE(20) : CMSG_SPACE(12);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
        c->cmsg_type = six ? linux_ipv6_pktinfo : linux_ip_pktinfo;
        c->cmsg_len = six ? CMSG_LEN(20) : CMSG_LEN(12);
        memcpy(CMSG_DATA(c) + (six ? 0 : 4), to->local, six ? 16 : 4);
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/// The kernel's stamp of a datagram that has just been sent, CLOCK_REALTIME in ns; 0 if there is none (yet). Takes what
/// waits in the socket's error queue; the last one counts.
static inline int64_t linux_sent_stamp(int fd) {
    int64_t last = 0;
    for (int i = 0; i < 16; i++) {
        char control[256] __attribute__((aligned(8)));
        char byte;
        struct iovec part = {.iov_base = &byte, .iov_len = 1};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
        int64_t stamp = linux_stamp_of(&message);
        if (stamp != 0) last = stamp;
    }
    return last;
}

/// Waits until one of two descriptors can be read, at most so long. Returns 0, or -errno.
static inline int linux_poll_either(int first, int second, int64_t timeout_nanoseconds) {
    struct pollfd entries[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    // Rounded up: a loop that wakes a little too early would spin until the time has come.
    int64_t milliseconds = (timeout_nanoseconds + 999999) / 1000000;
    if (milliseconds < 0) milliseconds = 0;
    if (milliseconds > 60000) milliseconds = 60000;
    return poll(entries, 2, (int)milliseconds) < 0 ? -errno : 0;
}

#endif
