// Shows ThreadSanitizer the slow paths of Swift's Mutex (Synchronization, Mutex/LinuxImpl.swift).
//
// Locking and unlocking without contention are compiled into the program, where the sanitizer sees their atomics. With
// contention they call these two functions of libswiftSynchronization.so, which is built without the sanitizer and hands
// the lock over in the kernel (FUTEX_LOCK_PI). Unseen, every contended lock looks like none. Preloaded, this library
// stands before that one and tells the sanitizer of the same acquisitions and releases.
//
// Swift's calling convention: the lock's address is in r13, the thread's id in edi.

    .section .note.GNU-stack, "", @progbits
    .text

    .globl "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
    .type "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF", @function
"$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF":
    pushq %r13
    callq *fleetrace_lock_slow(%rip)
    movq (%rsp), %rdi
    callq __tsan_acquire@PLT
    popq %r13
    retq

    .globl "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
    .type "$s15Synchronization12_MutexHandleV11_unlockSlowyyF", @function
"$s15Synchronization12_MutexHandleV11_unlockSlowyyF":
    pushq %r13
    movq %r13, %rdi
    callq __tsan_release@PLT
    movq (%rsp), %r13
    callq *fleetrace_unlock_slow(%rip)
    popq %r13
    retq

    .weak __tsan_acquire
    .weak __tsan_release
    .hidden fleetrace_lock_slow
    .hidden fleetrace_unlock_slow
