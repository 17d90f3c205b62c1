import Testing

@testable import SecureTransport

@Suite struct PeerIdentityTests {
    @Test func theThreeForms() throws {
        #expect(try PeerIdentity(uri: "fleetrace://node/web-1".utf8) == .node("web-1"))
        #expect(try PeerIdentity(uri: "fleetrace://controller/main".utf8) == .controller("main"))
        for role in OperatorRole.allCases {
            let parsed = try PeerIdentity(uri: "fleetrace://operator/alice?role=\(role)".utf8)
            #expect(parsed == (try .operator("alice", role: role)))
            #expect(parsed.operatorRole == role)
        }
    }

    @Test func anOperatorWithoutRoleMayTheLeast() throws {
        #expect(try PeerIdentity(uri: "fleetrace://operator/alice".utf8).operatorRole == .viewer)
        #expect(try PeerIdentity(uri: "fleetrace://node/alice".utf8).operatorRole == nil)
    }

    @Test func uriAndBack() throws {
        for identity in [
            try PeerIdentity.node("a"), try .controller("A.b_c-9"), try .operator("x", role: .admin),
            try .operator("y"),
        ] {
            #expect(try PeerIdentity(uri: identity.uri.utf8) == identity)
        }
    }

    @Test func rolesAreOrdered() { #expect(OperatorRole.viewer < .tracer && OperatorRole.tracer < .admin) }

    @Test(arguments: [
        "", "fleetrace", "fleetrace:", "fleetrace:/", "fleetrace://", "fleetrace:///", "fleetrace://node",
        "fleetrace://node/", "fleetrace:///web-1", "fleetrace://node//web-1", "fleetrace://node/web-1/",
        "fleetrace://node/web-1/x", "fleetrace://node/../controller/main", "fleetrace://node/web 1",
        "fleetrace://node/web-1 ", " fleetrace://node/web-1", "fleetrace://node/web-1\n", "fleetrace://node/\t",
        "fleetrace://node/web%2d1", "fleetrace://node/%00", "fleetrace://node%2fweb-1", "fleetrace://node/web-1#x",
        "fleetrace://node/web-1?", "fleetrace://node/web-1?role=admin", "fleetrace://controller/main?role=admin",
        "fleetrace://user@node/web-1", "fleetrace://user:pw@node/web-1", "fleetrace://node:443/web-1",
        "fleetrace://node:/web-1", "fleetrace://NODE/web-1", "FLEETRACE://node/web-1", "Fleetrace://node/web-1",
        "fleetrace://nodes/web-1", "fleetrace://root/web-1", "fleetrace://admin/web-1", "https://node/web-1",
        "fleetrace2://node/web-1", "xfleetrace://node/web-1", "spiffe://node/web-1", "fleetrace://node/.",
        "fleetrace://node/..", "fleetrace://node/.hidden", "fleetrace://node/-v", "fleetrace://node/_x",
        "fleetrace://node/é", "fleetrace://node/w\u{0435}b", "fleetrace://node/web\u{200b}1", "fleetrace://node/a;b",
        "fleetrace://node/a,b", "fleetrace://node/$(id)", "fleetrace://node/a\\b", "fleetrace://node/a\"b",
        "fleetrace://operator/alice?", "fleetrace://operator/alice?role", "fleetrace://operator/alice?role=",
        "fleetrace://operator/alice?role=root", "fleetrace://operator/alice?role=Admin",
        "fleetrace://operator/alice?ROLE=admin", "fleetrace://operator/alice?role=admin&role=viewer",
        "fleetrace://operator/alice?role=viewer&x=1", "fleetrace://operator/alice?role=admin#",
        "fleetrace://operator/alice?role=admin ", "fleetrace://operator/?role=admin",
        "fleetrace://operator/alice?role=admin?role=admin", "fleetrace://operator/alice??role=admin",
        "fleetrace://node/\u{1b}[31mred",
    ])
    func hostileTextIsRefused(_ text: String) {
        #expect(throws: IdentityError.self) { try PeerIdentity(uri: text.utf8) }
    }

    @Test func nulIsNamed() {
        #expect(throws: IdentityError.nul("fleetrace://node/a\\x00b")) {
            try PeerIdentity(uri: "fleetrace://node/a\0b".utf8)
        }
    }

    @Test func everyByteOutsideTheGrammarIsRefused() {
        for byte in UInt8.min...UInt8.max {
            let allowed = PeerIdentity.isName([UInt8(ascii: "a"), byte])
            let scalar = Unicode.Scalar(byte)
            let expected =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
                    || ".-_".unicodeScalars.contains(scalar))
            #expect(allowed == expected, "\(byte)")
        }
    }

    @Test func lengths() throws {
        let longest = String(repeating: "a", count: 63)
        #expect(try PeerIdentity(uri: "fleetrace://node/\(longest)".utf8).name == longest)
        #expect(throws: IdentityError.self) { try PeerIdentity(uri: "fleetrace://node/\(longest)a".utf8) }
        #expect(throws: IdentityError.self) {
            try PeerIdentity(uri: [UInt8]("fleetrace://node/".utf8) + [UInt8](repeating: 0x61, count: 1 << 20))
        }
        #expect(throws: IdentityError.self) { try PeerIdentity.node("") }
    }

    @Test func exactlyOne() throws {
        let one = [UInt8]("fleetrace://node/a".utf8)
        #expect(throws: IdentityError.noURI) { try PeerIdentity(uris: []) }
        #expect(throws: IdentityError.manyURIs(2)) { try PeerIdentity(uris: [one, one]) }
        #expect(try PeerIdentity(uris: [one]) == .node("a"))
    }

    @Test func quotedTextIsShortAndPrintable() {
        let text = IdentityError.quoted((0...255).map { UInt8($0) } + [UInt8](repeating: 0x1b, count: 10_000))
        #expect(text.utf8.count <= 80)
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
    }

    /// Valid texts with random changes: parsing ends, and every accepted text is the canonical spelling.
    @Test func mutations() {
        var random = SystemRandomNumberGenerator()
        let seeds = ["fleetrace://node/web-1", "fleetrace://operator/alice?role=tracer", "fleetrace://controller/main"]
        for _ in 0..<20_000 {
            var bytes = [UInt8](seeds.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            guard let identity = try? PeerIdentity(uri: bytes) else { continue }
            let spelled = identity.uri == String(decoding: bytes, as: UTF8.self)
            #expect(spelled || identity.operatorRole == .viewer, "\(bytes)")
        }
    }
}
