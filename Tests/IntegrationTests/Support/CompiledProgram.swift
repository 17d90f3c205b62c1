import Foundation

/// Programs that tests trace, compiled for the test.
enum CompiledProgram {
    /// - Returns: the program's path.
    static func make(
        _ source: String, as name: String, in folder: TemporaryFolder, options: [String] = []
    ) async throws -> String {
        let file = folder.file(name + ".c")
        try Data(source.utf8).write(to: URL(fileURLWithPath: file))
        let compiler = try RunningProcess(
            [
                "gcc", "-O1", "-fno-optimize-sibling-calls", "-o", folder.file(name), file,
            ] + options)
        guard try await compiler.exit(within: .seconds(60)) == .success else {
            throw TestFailure("gcc: \(compiler.errors.text)")
        }
        return folder.file(name)
    }

    /// `nested N`: calls itself N times.
    static let nested = """
        #include <stdlib.h>
        __attribute__((noinline)) int nested(int n) {
            if (n <= 1) return 1;
            int r = nested(n - 1);
            __asm__ volatile("" : : "r"(r));
            return r + 1;
        }
        int main(int count, char **words) { return nested(atoi(words[1])) == 0; }
        """

    /// Calls `text` with an empty text, none, "x" and one that cannot be read.
    static let texts = """
        __attribute__((noinline)) int text(const char *s) {
            __asm__ volatile("" : : "r"(s) : "memory");
            return s != 0;
        }
        int main(void) {
            // On the stack: a page of the program's file is read when it is first used, and only what is there is for eBPF.
            char empty[] = "", x[] = "x";
            return text(empty) + text(0) + text(x) + text((char *)8) == 0;
        }
        """

    /// `probed N`: calls `probed` N times, with numbers and texts in registers, on the stack and in memory. Call 7 has a
    /// text of 299 bytes.
    static let arguments = """
        #include <stdint.h>
        #include <stdlib.h>
        #include <string.h>
        struct inner { int64_t a; int32_t b; uint8_t c; };
        struct outer { struct inner *in; const char *name; };
        __attribute__((noinline))
        long probed(struct outer *o, const char *text, long n, int small, long e, long f, long seventh) {
            __asm__ volatile("" : : "r"(o), "r"(text) : "memory");
            return seventh ? -n : n;
        }
        int main(int count, char **words) {
            struct inner in = { 0, -70000, 250 };
            char name[] = "inner-name", longest[300];
            struct outer o = { &in, name };
            memset(longest, 'x', 299);
            longest[299] = 0;
            for (int i = 0; i < atoi(words[1]); i++) {
                char text[8] = "even";
                if (i & 1) strcpy(text, "odd");
                in.a = -i;
                probed(&o, i == 7 ? longest : text, i, -i, 0, 0, 1000 + i);
            }
            return 0;
        }
        """

    /// `renaming N`: takes N names one after the other, with three calls under each.
    static let renaming = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <unistd.h>
        int main(int count, char **words) {
            for (int i = 0; i < atoi(words[1]); i++) {
                char name[32];
                sprintf(name, "name-%d", i);
                prctl(PR_SET_NAME, name);
                for (int k = 0; k < 3; k++) access("/nosuch", 0);
            }
            return 0;
        }
        """
}
