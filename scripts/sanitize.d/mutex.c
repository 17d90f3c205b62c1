// Finds the functions that mutex.S stands before. A program without Swift has none, and calls none.
#define _GNU_SOURCE
#include <dlfcn.h>

__attribute__((visibility("hidden"))) void *fleetrace_lock_slow;
__attribute__((visibility("hidden"))) void *fleetrace_unlock_slow;

__attribute__((constructor)) static void find(void) {
    fleetrace_lock_slow = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    fleetrace_unlock_slow = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
}
