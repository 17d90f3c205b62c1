#pragma once
#include <zlib.h>

// zlib's init calls are macros over functions that take the library version; macros are not imported.
static inline int fleetrace_deflateInitRaw(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
static inline int fleetrace_inflateInitRaw(z_streamp stream) {
    return inflateInit2(stream, -MAX_WBITS);
}
static inline int fleetrace_inflateInitZlib(z_streamp stream) {
    return inflateInit(stream);
}
