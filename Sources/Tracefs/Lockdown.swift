/// Kernel lockdown (security/lockdown/lockdown.c).
enum Lockdown {
    static var isConfidential: Bool {
        // The text has all modes, with the current one in brackets: none integrity [confidentiality]
        ((try? ControlFile.text("/sys/kernel/security/lockdown", limit: 4096)) ?? "").contains("[confidentiality]")
    }
}
