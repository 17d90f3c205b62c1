import TestSupport

/// Something that goes wrong, and for how long. Times are ns.
enum Fault: Sendable, Equatable {
    case cut(node: Int, silently: Bool)
    case freeze(node: Int, Int64)
    /// SIGKILL, in place of this step from now on; a new one starts after a while, or never.
    case killAgent(node: Int, step: Int, back: Int64?)
    /// SIGINT.
    case endAgent(node: Int, back: Int64?)
    /// SIGTERM: it leaves its sessions to the next one.
    case upgradeAgent(node: Int, back: Int64?)
    /// SIGSTOP.
    case stopAgent(node: Int, Int64)
    case killController(step: Int, back: Int64?)
    /// SIGINT.
    case endController(back: Int64?)
    /// SIGTERM: the next one goes on with its sessions.
    case upgradeController(back: Int64?)
    case stopController(Int64)
    case cutPower(step: Int, back: Int64?)
    case killOperator(step: Int)
    case cutOperator(silently: Bool)
    case freezeOperator(Int64)
    case diskFails(Int64)
    case diskIsSlow(Int64)

    init(nodes: Int, _ generator: inout SplitMix64) {
        let node = generator.below(nodes)
        let back: Int64? = generator.once(in: 6) ? nil : generator.within(5 * .millisecond...8 * .second)
        let soon = generator.within(5 * .millisecond...500 * .millisecond)
        let step = 1 + generator.below(generator.one(of: [20, 100, 400]))
        let short = generator.within(20 * .millisecond...3 * .second)
        let time = generator.once(in: 8) ? generator.within(20 * .second...100 * .second) : short
        self =
            switch generator.below(28) {
            case 24: .upgradeController(back: back)
            case 25: .upgradeAgent(node: node, back: back)
            case 26: .killAgent(node: node, step: step, back: soon)
            case 27: .upgradeAgent(node: node, back: soon)
            case 0...4: .cut(node: node, silently: generator.once(in: 2))
            case 5...6: .freeze(node: node, time)
            case 7...9: .killAgent(node: node, step: step, back: back)
            case 10: .endAgent(node: node, back: back)
            case 11: .stopAgent(node: node, time)
            case 12...13: .killController(step: step, back: back)
            case 14: .endController(back: back)
            case 15: .stopController(time)
            case 16...17: .cutPower(step: step, back: back)
            case 18: .killOperator(step: step)
            case 19: .cutOperator(silently: generator.once(in: 2))
            case 20: .freezeOperator(time)
            case 21...22: .diskFails(short)
            default: .diskIsSlow(short)
            }
    }
}
