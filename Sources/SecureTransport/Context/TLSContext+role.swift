extension TLSContext {
    /// Checks that the certificate is one for the program that uses it, before a controller finds out.
    public func require(_ role: PeerRole) throws(IdentityFileError) {
        let own = identity
        guard own.identity.role == role else {
            throw IdentityFileError(
                own.files.certificate, "is the certificate of \(own.identity)",
                remedy: "this program needs one that 'fleetrace ca issue \(role) NAME DIR' makes")
        }
    }
}
