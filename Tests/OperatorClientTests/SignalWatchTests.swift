import Glibc
import Testing
import UnixSignals

@testable import OperatorClient

@Suite(.serialized, .timeLimit(.minutes(1)))
struct SignalWatchTests {
    @Test("A signal of a kind that is watched reaches the closure and does not end the process")
    func signal() async {
        let (signals, continuation) = AsyncStream<UnixSignal>.makeStream()
        let watch = await SignalWatch([.sigusr1]) { continuation.yield($0) }
        #expect(!watch.sawSignal)
        kill(getpid(), SIGUSR1)
        var iterator = signals.makeAsyncIterator()
        #expect(await iterator.next() == .sigusr1)
        #expect(watch.sawSignal)
        watch.cancel()
    }
}
