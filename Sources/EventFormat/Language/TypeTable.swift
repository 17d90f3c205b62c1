/// The integer types in casts, `sizeof` and fields.
struct TypeTable: Sendable {
    /// What a type name in a cast means.
    enum Meaning: Equatable {
        case integer(CType)
        case pointer(to: CType?)
        case void
    }

    /// Size of `long` and of a pointer on the recorded machine, in bytes.
    let longSize: Int
    private var typedefs: [String: CType]

    /// Tables without types from an event's fields.
    private static let machines = [4: TypeTable(forLongSize: 4), 8: TypeTable(forLongSize: 8)]

    /// A table without types from an event's fields.
    init(longSize: Int) { self = Self.machines[longSize] ?? TypeTable(forLongSize: longSize) }

    private init(forLongSize longSize: Int) {
        self.longSize = longSize
        typedefs = Self.fixed
        for name in ["size_t", "__kernel_size_t", "uintptr_t", "pgoff_t", "aio_context_t", "ulong", "phys_addr_t"] {
            typedefs[name] = CType(width: longSize, isSigned: false)
        }
        for name in ["ssize_t", "__kernel_ssize_t", "ptrdiff_t", "intptr_t", "off_t"] {
            typedefs[name] = CType(width: longSize, isSigned: true)
        }
    }

    /// Adds the types of an event's fields, whose sizes the format states.
    mutating func learn(from fields: [EventField]) {
        for field in fields where field.kind == .integer && field.declaredCount == nil {
            var words = field.type.split(separator: " ").map(String.init)
            words.removeAll { $0 == "const" || $0 == "volatile" }
            guard words.count == 1 || words.first == "enum", let name = words.last, typedefs[name] == nil else {
                continue
            }
            typedefs[name] = CType(width: field.size, isSigned: field.isSigned)
        }
    }

    func isTypedef(_ name: String) -> Bool { typedefs[name] != nil }

    /// Size in bytes of the type `name`, if it is known.
    func size(of name: String) -> Int? {
        let words = name.split(separator: " ").map(String.init)
        let (plain, stars) = (words.filter { $0 != "*" }, words.count { $0 == "*" })
        guard let meaning = meaning(words: plain, pointers: stars) else {
            return stars > 0 ? longSize : structureSize(plain)
        }
        switch meaning {
        case .integer(let type): return type.width
        case .pointer: return longSize
        case .void: return 1
        }
    }

    /// Bytes from one element to the next behind a pointer of this type. GNU C counts a `void *` in bytes.
    ///
    /// - Parameter pointers: the stars of the type, at least one.
    func stride(of words: [String], pointers: Int) -> Int? {
        if pointers > 1 { return longSize }
        switch meaning(words: words, pointers: 0) {
        case .integer(let type): return type.width
        case .pointer: return longSize
        case .void: return 1
        case nil: return structureSize(words)
        }
    }

    /// Of the few structures with which print formats calculate. `struct page` has 64 bytes on 64-bit machines
    /// (include/linux/mm_types.h).
    private func structureSize(_ words: [String]) -> Int? {
        longSize == 8 && words.suffix(2) == ["struct", "page"] ? 64 : nil
    }

    /// What the words of a type name mean, or `nil` for a type of unknown size.
    func meaning(words: [String], pointers: Int) -> Meaning? {
        let target = integer(words: words)
        if pointers > 0 { return .pointer(to: pointers == 1 ? target : nil) }
        if let target { return .integer(target) }
        return words.contains("void") ? .void : nil
    }

    private func integer(words: [String]) -> CType? {
        var isUnsigned = false
        var isSigned = false
        var longs = 0
        var base: String?
        for word in words {
            switch word {
            case "const", "volatile", "static", "__force", "__user", "register", "__iomem", "__percpu", "__rcu":
                continue
            case "unsigned": isUnsigned = true
            case "signed", "__signed__": isSigned = true
            case "long": longs += 1
            case "enum":
                // The compilers that build the kernel use unsigned int for an enum, unless a constant is negative.
                return .unsignedInt
            case "struct", "union", "void": return nil
            default: base = word
            }
        }
        if longs > 0 { return CType(width: longs > 1 ? 8 : longSize, isSigned: !isUnsigned) }
        switch base {
        case nil: return isUnsigned || isSigned ? CType(width: 4, isSigned: !isUnsigned) : nil
        case "char": return CType(width: 1, isSigned: !isUnsigned)
        case "short": return CType(width: 2, isSigned: !isUnsigned)
        case "int": return CType(width: 4, isSigned: !isUnsigned)
        case .some(let name): return typedefs[name] ?? Self.named(name)
        }
    }

    /// A type of some subsystem whose name states its width, as `snd_pcm_u32_t` or `acpi_uint16`.
    private static func named(_ name: String) -> CType? {
        for (word, isSigned) in [("uint", false), ("int", true), ("u", false), ("s", true)] {
            for bits in [8, 16, 32, 64] {
                let number = "\(word)\(bits)"
                guard name.hasSuffix(number) || name.hasSuffix("\(number)_t") else { continue }
                let before = name.dropLast(name.hasSuffix("_t") ? number.count + 2 : number.count)
                if before.isEmpty || before.hasSuffix("_") { return CType(width: bits / 8, isSigned: isSigned) }
            }
        }
        return nil
    }

    /// Types of include/linux/types.h and related headers whose width does not depend on the machine.
    private static let fixed: [String: CType] = {
        var table: [String: CType] = [:]
        for (names, width, isSigned) in fixedNames {
            for name in names.split(separator: " ") {
                table[String(name)] = CType(width: width, isSigned: isSigned)
            }
        }
        return table
    }()

    private static let fixedNames: [(String, Int, Bool)] = [
        ("u8 __u8 uint8_t u_int8_t unchar u_char bool _Bool blk_status_t", 1, false),
        ("s8 __s8 int8_t", 1, true),
        ("u16 __u16 uint16_t u_int16_t __le16 __be16 __sum16 umode_t ushort u_short sa_family_t", 2, false),
        ("s16 __s16 int16_t", 2, true),
        (
            "u32 __u32 uint32_t u_int32_t uint u_int __le32 __be32 __wsum gfp_t slab_flags_t fmode_t blk_opf_t vm_fault_t "
                + "dev_t __poll_t isolate_mode_t blk_mq_req_flags_t req_flags_t projid_t uid_t gid_t qid_t "
                + "tid_t ext4_group_t ext4_lblk_t blk_qc_t OM_uint32 __virtio32 nlink_t xfs_agnumber_t xfs_agblock_t "
                + "xfs_extlen_t rpc_authflavor_t vm_paddr_t",
            4, false
        ),
        ("s32 __s32 int32_t pid_t clockid_t key_t mqd_t timer_t __kernel_rwf_t fl_owner_id", 4, true),
        (
            "u64 __u64 uint64_t u_int64_t __le64 __be64 __virtio64 sector_t blkcnt_t dma_addr_t netdev_features_t ext4_fsblk_t "
                + "ino_t vm_flags_t resource_size_t cputime_t",
            8, false
        ),
        ("s64 __s64 int64_t loff_t __kernel_loff_t ktime_t time64_t errseq64_t time_t", 8, true),
    ]
}
