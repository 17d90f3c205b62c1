/// Values that no kernel changes: those of programs, devices and media, and a few that were never moved.
extension KernelConstants {
    /// Enumerators with consecutive values from a first value on. `-` is a value without a name.
    static let interfaces: [(prefix: String, names: String, first: Int64)] = [
        // fs/ext4/extents_status.h
        ("ES_", "WRITTEN_B UNWRITTEN_B DELAYED_B HOLE_B REFERENCED_B", 0),
        // include/uapi/linux/in.h
        ("IPPROTO_", "IP ICMP IGMP - IPIP - TCP - EGP - - - PUP - - - - UDP", 0),
        ("IPPROTO_", "IDP - - - - - - TP - - - DCCP - - - - - - - IPV6", 22),
        ("IPPROTO_", "RSVP GRE - - ESP AH", 46),
        ("IPPROTO_", "SCTP - - - UDPLITE MPLS", 132),
        // include/uapi/linux/nl80211.h
        ("NL80211_BAND_", "2GHZ 5GHZ 60GHZ 6GHZ S1GHZ LC", 0),
        // include/sound/soc-dapm.h
        ("SND_SOC_DAPM_DIR_", "IN OUT", 0),
        // drivers/gpu/drm/i915/display/intel_display_limits.h
        ("PIPE_", "A B C D", 0),
        // include/linux/interrupt.h: BLOCK_IOPOLL is IRQ_POLL since Linux 4.5
        (
            "",
            "HI_SOFTIRQ TIMER_SOFTIRQ NET_TX_SOFTIRQ NET_RX_SOFTIRQ BLOCK_SOFTIRQ BLOCK_IOPOLL_SOFTIRQ "
                + "TASKLET_SOFTIRQ SCHED_SOFTIRQ HRTIMER_SOFTIRQ RCU_SOFTIRQ", 0
        ),
        ("IRQ_POLL_", "SOFTIRQ", 5),
        // include/linux/migrate_mode.h
        ("MIGRATE_", "ASYNC SYNC_LIGHT SYNC", 0),
        // include/scsi/scsi_status.h, scsi_cmnd.h
        (
            "DID_",
            "OK NO_CONNECT BUS_BUSY TIME_OUT BAD_TARGET ABORT PARITY ERROR RESET BAD_INTR PASSTHROUGH SOFT_ERROR "
                + "IMM_RETRY REQUEUE TRANSPORT_DISRUPTED TRANSPORT_FAILFAST", 0
        ),
        (
            "SCSI_PROT_", "NORMAL READ_INSERT WRITE_STRIP READ_STRIP WRITE_INSERT READ_PASS WRITE_PASS", 0
        ),
        ("SAM_STAT_", "GOOD - CHECK_CONDITION - CONDITION_MET - - - BUSY", 0),
        ("SAM_STAT_", "INTERMEDIATE - - - INTERMEDIATE_CONDITION_MET - - - RESERVATION_CONFLICT", 0x10),
        ("SAM_STAT_", "COMMAND_TERMINATED - - - - - TASK_SET_FULL", 0x22),
        ("SAM_STAT_", "ACA_ACTIVE - - - - - - - - - - - - - - - TASK_ABORTED", 0x30),
        // include/linux/nvme.h
        ("NVME_AER_", "ERROR SMART NOTICE - - - CSS VS", 0),
        // include/uapi/linux/l2tp.h
        ("L2TP_ENCAPTYPE_", "UDP IP", 0),
        ("L2TP_PWTYPE_", "ETH_VLAN ETH - PPP PPP_AC - - IP", 4),
        // fs/f2fs/segment.h
        ("CURSEG_", "HOT_DATA WARM_DATA COLD_DATA HOT_NODE WARM_NODE COLD_NODE", 0),
        // fs/btrfs/qgroup.h
        ("BTRFS_QGROUP_RSV_", "DATA META_PERTRANS META_PREALLOC", 0),
    ]

    /// include/linux/buffer_head.h, `enum bh_state_bits`. A bit for a lock was among them before Linux 5.6.
    static func bufferStates(_ release: KernelRelease) -> KernelConstants {
        let hasLock = release < KernelRelease(5, 6)
        let names =
            "Uptodate Dirty Lock Req \(hasLock ? "Uptodate_Lock " : "")Mapped New Async_Read Async_Write Delay Boundary "
            + "Write_EIO Unwritten Quiet Meta Prio"
        var constants = KernelConstants()
        for (index, name) in names.split(separator: " ").enumerated() { constants["BH_\(name)"] = Int64(index) }
        return constants
    }
}
