/// Values of the kernel's enumerators. A print format contains an enumerator's name if the kernel's source has no
/// TRACE_DEFINE_ENUM for it.
public struct KernelConstants: Sendable {
    private var values: [String: Int64]

    /// - Parameter values: values by name.
    public init(_ values: [String: Int64] = [:]) { self.values = values }

    /// The value of an enumerator.
    public subscript(name: String) -> Int64? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// Adds other values, which replace existing ones.
    public mutating func merge(_ other: KernelConstants) {
        values.merge(other.values) { $1 }
    }

    /// The known names.
    public var names: some Collection<String> { values.keys }

    /// Enumerators in print formats of Linux 5.10 to 6.18. A name whose value changed between those is missing, unless
    /// formats used it only after the change. `BTFEnumerators` reads the values of a node's own kernel.
    public static let wellKnown: KernelConstants = {
        var constants = KernelConstants()
        for (prefix, names, first) in sequences + interfaces {
            for (index, name) in names.split(separator: " ").enumerated() where name != "-" {
                constants.values[prefix + name] = first + Int64(index)
            }
        }
        for (prefix, names, first) in bits {
            for (index, name) in names.split(separator: " ").enumerated() where name != "-" {
                constants.values[prefix + name] = 1 << (first + Int64(index))
            }
        }
        constants.values.merge(singles) { $1 }
        return constants
    }()

    private static let singles: [String: Int64] = [
        "IOPRIO_CLASS_INVALID": 7, "DEV_PM_QOS_FLAGS": 5, "DEV_PM_QOS_RESUME_LATENCY": 1,
        "VMXERR_ENTRY_EVENTS_BLOCKED_BY_MOV_SS": 26, "FAULT_FLAG_VMA_LOCK": 0x1000,
    ]

    /// Enumerators with consecutive values from a first value on.
    private static let sequences: [(prefix: String, names: String, first: Int64)] = [
        (
            "TCP_",
            "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING "
                + "NEW_SYN_RECV", 1
        ),
        (
            "HRTIMER_MODE_",
            "ABS REL ABS_PINNED REL_PINNED ABS_SOFT REL_SOFT ABS_PINNED_SOFT REL_PINNED_SOFT ABS_HARD REL_HARD "
                + "ABS_PINNED_HARD REL_PINNED_HARD", 0
        ),
        ("VMSCAN_THROTTLE_", "WRITEBACK ISOLATED NOPROGRESS CONGESTED", 0),
        ("PM_QOS_", "ADD_REQ UPDATE_REQ REMOVE_REQ", 0),
        ("VDSO_CLOCKMODE_", "NONE TSC", 0),
        ("IOPRIO_CLASS_", "NONE RT BE IDLE", 0),
        ("VMXERR_", "VMLAUNCH_NONCLEAR_VMCS VMRESUME_NONLAUNCHED_VMCS VMRESUME_AFTER_VMXOFF", 4),
        ("VMXERR_ENTRY_INVALID_", "CONTROL_FIELD HOST_STATE_FIELD", 7),
        ("BTRFS_", "ADD_DELAYED_REF DROP_DELAYED_REF ADD_DELAYED_EXTENT UPDATE_DELAYED_HEAD", 1),
        (
            "BTRFS_ORDERED_", "REGULAR NOCOW PREALLOC COMPRESSED DIRECT IO_DONE COMPLETE IOERR TRUNCATED", 0
        ),
        ("PARAVIRT_LAZY_", "NONE MMU CPU", 0),
        ("XEN_MC_FL_", "NONE BATCH ARGS CALLBACK", 0),
        ("XEN_MC_XE_", "OK BAD_OP NO_SPACE", 0),
        (
            "APICV_INHIBIT_REASON_",
            "DISABLED HYPERV ABSENT BLOCKIRQ PHYSICAL_ID_ALIASED APIC_ID_MODIFIED APIC_BASE_MODIFIED NESTED IRQWIN "
                + "PIT_REINJ SEV LOGICAL_ID_ALIASED PHYSICAL_ID_TOO_BIG", 0
        ),
    ]

    /// Enumerators that are single bits, from a first bit number on. `-` is a bit without a name.
    private static let bits: [(prefix: String, names: String, first: Int64)] = [
        (
            "FAULT_FLAG_",
            "WRITE MKWRITE ALLOW_RETRY RETRY_NOWAIT KILLABLE TRIED USER REMOTE INSTRUCTION INTERRUPTIBLE", 0
        ),
        (
            "VM_FAULT_",
            "OOM SIGBUS MAJOR WRITE HWPOISON HWPOISON_LARGE SIGSEGV - NOPAGE LOCKED RETRY FALLBACK DONE_COW NEEDDSYNC "
                + "COMPLETED", 0
        ),
        // An enum since Linux 6.12. Before, these were macros, which are numbers in formats.
        (
            "I_",
            "NEW SYNC LRU_ISOLATING - DIRTY_SYNC DIRTY_DATASYNC DIRTY_PAGES WILL_FREE FREEING CLEAR REFERENCED LINKABLE "
                + "DIRTY_TIME WB_SWITCH OVL_INUSE CREATING DONTCACHE SYNC_QUEUED PINNING_NETFS_WB", 0
        ),
        (
            "EXTENT_",
            "DIRTY LOCKED - DIRTY_LOG1 DIRTY_LOG2 DELALLOC DEFRAG BOUNDARY NODATASUM CLEAR_META_RESV NEED_WAIT NORESERVE "
                + "QGROUP_RESERVED CLEAR_DATA_RESV DELALLOC_NEW", 0
        ),
        ("EXTENT_FLAG_", "PINNED COMPRESS_ZLIB COMPRESS_LZO COMPRESS_ZSTD PREALLOC LOGGING", 0),
        ("QGROUP_", "RESERVE RELEASE FREE", 0),
    ]
}
