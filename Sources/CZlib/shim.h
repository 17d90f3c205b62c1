#pragma once
#include <zlib.h>

// zlib's init calls are macros that pass the library version to functions. Swift does not import such macros.
static inline int fleetrace_deflateInitRaw(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
static inline int fleetrace_inflateInitRaw(z_streamp stream) {
    return inflateInit2(stream, -MAX_WBITS);
}
static inline int fleetrace_inflateInitZlib(z_streamp stream) {
    return inflateInit(stream);
}
