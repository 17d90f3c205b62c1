import Glibc

/// For files that are written and read at positions. The descriptor is the caller's, who closes it.
extension OpenFolder {
    /// Makes a file for its owner only. Nothing may have that name.
    public func makeDescriptor(_ name: String) throws(StoreError) -> CInt { try newFile(name).rawValue }

    /// Opens a plain file to read it; nil when there is none.
    public func openDescriptor(_ name: String) throws(StoreError) -> CInt? { try file(name)?.rawValue }
}
