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
        int main(void) { return text("") + text(0) + text("x") + text((char *)8) == 0; }
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
