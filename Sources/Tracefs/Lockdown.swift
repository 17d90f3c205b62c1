/// Kernel lockdown (security/lockdown/lockdown.c).
enum Lockdown {
    static var isConfidential: Bool {
        // The text names all modes, with the present one in brackets: none integrity [confidentiality]
        ((try? ControlFile.text("/sys/kernel/security/lockdown", limit: 4096)) ?? "").contains("[confidentiality]")
    }
}
