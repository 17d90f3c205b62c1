import Foundation

/// A TCP proxy in front of a controller that resets connections in the middle of what it forwards.
struct CuttingProxy {
    let process: RunningProcess
    let port: Int

    /// Forwards connections to a port of this machine. Each of the first `cuts` connections is reset after some bytes of
    /// the controller's, more than it needs to be accepted; the later ones are not. SIGUSR1 resets all.
    private static let program = """
        import random, signal, socket, struct, sys, threading
        target, cuts, seed = map(int, sys.argv[1:])
        chance, pairs = random.Random(seed), []
        def reset(pair):
            for end in pair:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    # Wakes the other thread, which may wait in recv.
                    end.shutdown(socket.SHUT_RDWR)
                except OSError: pass
                end.close()
        def copy(source, sink, limit):
            total = 0
            try:
                while True:
                    data = source.recv(min(4096, limit - total))
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(data)
                    total += len(data)
                    if total == limit:
                        break
                print('cut after', total, flush=True)
            except OSError:
                pass
            reset((source, sink))
        def reset_all(*_):
            print('cut all', flush=True)
            while pairs: reset(pairs.pop())
        signal.signal(signal.SIGUSR1, reset_all)
        server = socket.create_server(('127.0.0.1', 0), backlog=64)
        print('port', server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            limit = chance.randrange(9_000, 40_000) if cuts > 0 else 1 << 62
            cuts -= 1
            try: upstream = socket.create_connection(('127.0.0.1', target))
            except OSError:
                client.close()
                continue
            pairs.append((client, upstream))
            threading.Thread(target=copy, args=(client, upstream, 1 << 62), daemon=True).start()
            threading.Thread(target=copy, args=(upstream, client, limit), daemon=True).start()
        """

    static func start(_ fleet: Fleet, cuts: Int, seed: Int = 1) async throws -> CuttingProxy {
        let process = fleet.keep(try RunningProcess(["python3", "-c", program, "\(fleet.port)", "\(cuts)", "\(seed)"]))
        let line = try await process.output.line(containing: "port ")
        guard let port = line.split(separator: " ").last.flatMap({ Int($0) }) else {
            throw TestFailure("no port: \(line)")
        }
        return CuttingProxy(process: process, port: port)
    }

    /// Resets all connections.
    func cut() { process.send(SIGUSR1) }

    /// How often it has reset connections.
    var cuts: Int { process.output.texts.count { $0.hasPrefix("cut ") } }

    /// How an operator reaches the controller through it.
    func access(_ fleet: Fleet) -> [String] { ["--controller", "127.0.0.1:\(port)", "--pki", fleet.pki] }
}
