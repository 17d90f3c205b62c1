import Foundation
import Testing

extension IntegrationTests {
    /// Programs that the kernel's verifier refuses. The agent makes none, so a library under the agent changes them on
    /// their way to the kernel: what refuses them is this machine's verifier.
    @Suite(.serialized, .needsPrograms)
    struct StatVerifierTests {
        /// In place of `r0 = 1` before the end it writes `r0 = r9`, which nothing has set.
        private static let source = """
            #include <errno.h>
            #include <linux/bpf.h>
            #include <string.h>
            #include <sys/syscall.h>
            static long call(long n, long a, long b, long c, long d, long e, long f) {
                long result;
                register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
                __asm__ volatile("syscall" : "=a"(result)
                    : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
                return result;
            }
            long syscall(long n, long a, long b, long c, long d, long e, long f) {
                if (n == SYS_bpf && a == BPF_PROG_LOAD) {
                    union bpf_attr *attr = (union bpf_attr *)b;
                    struct bpf_insn *code = (struct bpf_insn *)attr->insns;
                    struct bpf_insn *last = &code[attr->insn_cnt - 2];
                    last->code = BPF_ALU64 | BPF_MOV | BPF_X;
                    last->src_reg = 9;
                    last->imm = 0;
                }
                long result = call(n, a, b, c, d, e, f);
                if (result > -4096 && result < 0) { errno = -result; return -1; }
                return result;
            }
            """

        @Test("The verifier's last lines are shown; the node decodes; --way ebpf is an error with these lines")
        func refused() async throws {
            try await TemporaryFolder.with { folder in
                let (file, library) = (folder.file("change.c"), folder.file("change.so"))
                try Self.source.write(toFile: file, atomically: false, encoding: .utf8)
                let compiler = try RunningProcess(["gcc", "-O1", "-shared", "-fPIC", "-o", library, file])
                #expect(try await compiler.exit(within: .seconds(60)) == .success, "\(compiler.errors.text)")
                let arguments = [
                    try Executables.preloadable("fleetrace"), "stat", "--local", "1", "-e", SystemCallLoad.event,
                    "--by", "comm", "--for", "200ms",
                ]
                let environment = ["LD_PRELOAD": library]
                let usual = try RunningProcess(arguments, environment: environment)
                #expect(try await usual.exit() == .success, "\(usual.errors.text)")
                let reason = "the kernel's verifier refuses the eBPF program: "
                let line = usual.errors.texts.first { $0.hasPrefix("counted for ") } ?? ""
                #expect(line.contains("local-1 by decoded pages (") && line.contains("no eBPF: \(reason)"), "\(line)")
                #expect(line.contains("R9 !read_ok"), "\(line)")
                let demanded = try RunningProcess(arguments + ["--way", "ebpf"], environment: environment)
                #expect(try await demanded.exit() == .exited(1))
                #expect(
                    demanded.errors.text.contains("local-1: eBPF cannot count this: \(reason)"),
                    "\(demanded.errors.text)")
                #expect(demanded.errors.text.contains("R9 !read_ok"), "\(demanded.errors.text)")
            }
        }
    }
}
