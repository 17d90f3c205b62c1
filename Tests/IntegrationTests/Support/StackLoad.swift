import Foundation

/// A program whose call chains are known: `main;outer;inner`, with frame pointers.
///
/// `send N WHAT`: N signals to itself, which it ignores, then WHAT: `stay` for three seconds, or become another program
/// (`exec`), for as long. `spin SECONDS NAME`: computes, under another name.
enum StackLoad {
    static func make(as name: String, in folder: TemporaryFolder) async throws -> String {
        try await CompiledProgram.make(source, as: name, in: folder, options: ["-fno-omit-frame-pointer"])
    }

    private static let source = """
        #include <stdlib.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <time.h>
        #include <unistd.h>
        #define FAR __attribute__((noinline))
        volatile unsigned long sink;
        static double now(void) {
            struct timespec t;
            clock_gettime(CLOCK_MONOTONIC, &t);
            return t.tv_sec + t.tv_nsec * 1e-9;
        }
        // A function that calls none gets no frame.
        FAR void leaf(void) { __asm__ volatile("" : : : "memory"); }
        FAR void spin_inner(void) {
            leaf();
            for (int i = 0; i < 20000000; i++) sink += i;
            leaf();
        }
        FAR void spin_outer(double end) { while (now() < end) spin_inner(); sink++; }
        FAR void send_inner(long pid, int n) {
            for (int i = 0; i < n; i++) {
        #ifdef __x86_64__
                long result;
                // kill(pid, SIGURG), without a library's function in between.
                __asm__ volatile("syscall" : "=a"(result) : "0"(62L), "D"(pid), "S"(23L) : "rcx", "r11", "memory");
        #endif
                leaf();
            }
        }
        FAR void send_outer(int n) { send_inner(getpid(), n); sink++; }
        int main(int count, char **words) {
            if (count < 4) return 2;
            if (!strcmp(words[1], "spin")) {
                prctl(PR_SET_NAME, words[3]);
                spin_outer(now() + atof(words[2]));
                return 0;
            }
            send_outer(atoi(words[2]));
            if (!strcmp(words[3], "stay")) sleep(3);
            if (!strcmp(words[3], "exec")) execl("/bin/sleep", words[0], "3", (char *)0);
            return 0;
        }
        """
}
