/// The columns before an event in a `trace` file, which changed with the kernel (`trace_print_context` and
/// `trace_print_lat_fmt` of kernel/trace/trace_output.c, `print_func_help_header_irq` of kernel/trace/trace.c).
public enum FtraceColumns: UInt8, Sendable, CaseIterable {
    /// Before Linux 3.3: no flags.
    case withoutFlags
    /// Up to 5.9: four flags, a pid in five columns.
    case narrow
    /// Up to 5.14: four flags, a pid in seven columns.
    case fourFlags
    /// 5.15 and 5.16: also how often migration was disabled.
    case migration
    /// Up to 6.12: also whether bottom halves were off.
    case bottomHalves
    /// Since 6.13: also lazy rescheduling.
    case lazyReschedule

    /// Those of a kernel.
    public init(_ release: KernelRelease) {
        self =
            release < KernelRelease(3, 3)
            ? .withoutFlags
            : release < KernelRelease(5, 10)
                ? .narrow
                : release < KernelRelease(5, 15)
                    ? .fourFlags
                    : release < KernelRelease(5, 17)
                        ? .migration : release < KernelRelease(6, 13) ? .bottomHalves : .lazyReschedule
    }

    /// Columns for the pid, left-aligned.
    var pidWidth: Int {
        switch self {
        case .withoutFlags, .narrow: 5
        case .fourFlags, .migration, .bottomHalves, .lazyReschedule: 7
        }
    }

    /// The names of the columns, as comment lines.
    var legend: StaticString {
        switch self {
        case .withoutFlags:
            """
            #           TASK-PID    CPU#    TIMESTAMP  FUNCTION
            #              | |       |          |         |

            """
        case .narrow:
            """
            #                              _-----=> irqs-off
            #                             / _----=> need-resched
            #                            | / _---=> hardirq/softirq
            #                            || / _--=> preempt-depth
            #                            ||| /     delay
            #           TASK-PID   CPU#  ||||    TIMESTAMP  FUNCTION
            #              | |       |   ||||       |         |

            """
        case .fourFlags:
            """
            #                                _-----=> irqs-off
            #                               / _----=> need-resched
            #                              | / _---=> hardirq/softirq
            #                              || / _--=> preempt-depth
            #                              ||| /     delay
            #           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION
            #              | |         |   ||||      |         |

            """
        case .migration:
            """
            #                                _-----=> irqs-off
            #                               / _----=> need-resched
            #                              | / _---=> hardirq/softirq
            #                              || / _--=> preempt-depth
            #                              ||| / _-=> migrate-disable
            #                              |||| /     delay
            #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
            #              | |         |   |||||     |         |

            """
        case .bottomHalves, .lazyReschedule:
            """
            #                                _-----=> irqs-off/BH-disabled
            #                               / _----=> need-resched
            #                              | / _---=> hardirq/softirq
            #                              || / _--=> preempt-depth
            #                              ||| / _-=> migrate-disable
            #                              |||| /     delay
            #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
            #              | |         |   |||||     |         |

            """
        }
    }
}
