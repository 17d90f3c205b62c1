import Datagrams
import Quotas
import SecureTransport
import SystemFacts
import TraceProtocol

@testable import AgentCore
@testable import ControllerCore

/// Datagrams of clock probes, as steps, to both sides of a path, sealed or not, while time passes. What nobody has sealed
/// does nothing. A side never sends more than it may, and then the path works all the same.
@Sendable func fuzzClockDatagrams(_ input: UnsafeRawBufferPointer) {
    guard let keys = DatagramKeys(secret: (0..<72).map { UInt8($0) }), let fromServer = keys.fromServer,
        let fromClient = keys.fromClient
    else { fatalError("no keys") }
    var bytes = FuzzBytes(input)
    var now = MonotonicRawInstant(nanoseconds: 1 << 40)
    var paths = ProbePaths(opens: Budget.Node().pathOpens)
    paths.add(keys, now: now)
    var exchange = ProbeExchange(
        path: keys.path, incoming: fromServer, outgoing: fromClient, rate: Budget.Agent().clockReplies, now: now)
    var buffer = [UInt8](repeating: 0, count: ClockDatagram.length)
    var sent = 0
    var steps = 0
    var passed = Duration.zero
    let longestTrain = 4
    while !bytes.isEmpty {
        steps += 1
        let step = bytes.byte()
        let endpoint = DatagramEndpoint(loopbackPort: UInt16(step >> 6))
        switch step % 8 {
        case 0, 1:
            // A stranger's.
            let datagram = bytes.take(Int(step & 8) == 0 ? ClockDatagram.length : Int(step))
            guard paths.receive(datagram, from: endpoint, at: now) == nil, exchange.accept(datagram, at: now) == nil
            else { fatalError("bytes that nobody has sealed are accepted") }
        case 2, 3, 4:
            // The node's, whatever it says.
            seal(bytes.take(ClockDatagram.sealed), by: fromClient, path: step & 32 == 0 ? keys.path : nil, &buffer)
            buffer.withUnsafeBytes { bytes in
                _ = paths.receive(bytes, from: endpoint, at: now)
                guard exchange.accept(bytes, at: now) == nil else { fatalError("a reflection is accepted") }
            }
        case 5:
            seal(bytes.take(ClockDatagram.sealed), by: fromServer, path: step & 32 == 0 ? keys.path : nil, &buffer)
            buffer.withUnsafeMutableBytes { bytes in
                guard paths.receive(UnsafeRawBufferPointer(bytes), from: endpoint, at: now) == nil else {
                    fatalError("a reflection is accepted")
                }
                if let probe = exchange.accept(UnsafeRawBufferPointer(bytes), at: now) {
                    _ = exchange.writeReply(to: probe, received: now, sent: now, bytes)
                }
            }
        case 6:
            let pace = ProbePace(interval: .milliseconds(1 + Int(step)), train: 1 + Int(step >> 4) % longestTrain)
            paths.keep(pace, of: keys.path, at: now)
        default:
            let time = Duration.milliseconds(Int(step) * 10)
            passed += time
            now = now.advanced(by: time)
            buffer.withUnsafeMutableBytes { bytes in
                _ = exchange.writeOpen(to: bytes, now: now)
                paths.sendDue(now: now, bytes) { _, _ in
                    sent += 1
                    return now
                }
            }
        }
    }
    // At most a train for each time that it was looked at what is due.
    precondition(sent <= steps * longestTrain, "more datagrams than steps")
    // An honest node gets through, whatever number the last open had, unless that was the greatest.
    now = now.advanced(by: .seconds(10))
    sent = 0
    seal(ClockDatagram(.open, path: keys.path, number: .max), by: fromClient, &buffer)
    buffer.withUnsafeBytes { _ = paths.receive($0, from: DatagramEndpoint(loopbackPort: 9), at: now) }
    buffer.withUnsafeMutableBytes { bytes in
        paths.sendDue(now: now.advanced(by: ProbePaths.scanInterval), bytes) { _, _ in
            sent += 1
            return now
        }
    }
    precondition(sent <= 1, "one datagram for one")
}

private func seal(_ datagram: ClockDatagram, by seal: DatagramSeal, _ buffer: inout [UInt8]) {
    buffer.withUnsafeMutableBytes {
        datagram.write(to: $0)
        sealed($0, by: seal)
    }
}

/// - Parameter path: put where it belongs, so that most are not merely of another path.
private func seal(_ head: UnsafeRawBufferPointer, by seal: DatagramSeal, path: UInt64?, _ buffer: inout [UInt8]) {
    buffer.withUnsafeMutableBytes { target in
        target.initializeMemory(as: UInt8.self, repeating: 0)
        target.copyMemory(from: head)
        target.storeBytes(of: UInt32(0x4654_4331).bigEndian, toByteOffset: 0, as: UInt32.self)
        if let path { target.storeBytes(of: path.bigEndian, toByteOffset: 8, as: UInt64.self) }
        sealed(target, by: seal)
    }
}

private func sealed(_ buffer: UnsafeMutableRawBufferPointer, by seal: DatagramSeal) {
    let head = UnsafeRawBufferPointer(rebasing: buffer[..<ClockDatagram.sealed])
    guard seal.seal(head, tag: UnsafeMutableRawBufferPointer(rebasing: buffer[ClockDatagram.sealed...])) else {
        fatalError("cannot seal")
    }
}
