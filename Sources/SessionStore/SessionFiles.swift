/// Removing a session's files from a folder.
public enum SessionFiles {
    /// Removes what a session consists of. Other people's files, and whatever is no plain file or folder, stay, and with
    /// them the folders that they are in.
    public static func remove(from folder: OpenFolder) throws(StoreError) {
        if let nodes = try own(SessionLayout.nodes, in: folder) {
            for name in try nodes.names() {
                guard let node = try own(name, in: nodes) else { continue }
                for file in try node.names() where SessionLayout.isSegment(file) { try node.removeFile(file) }
                nodes.removeFolder(name)
            }
            folder.removeFolder(SessionLayout.nodes)
        }
        try folder.removeFile(SessionLayout.journal)
        try folder.removeFile(SessionLayout.manifest + OpenFolder.freshSuffix)
        try folder.removeFile(SessionLayout.manifest)
    }

    /// The folder with this name, if it is one and belongs to this process's user.
    private static func own(_ name: String, in folder: OpenFolder) throws(StoreError) -> OpenFolder? {
        guard let facts = try folder.facts(of: name), FileKind.isOwnFolder(facts) else { return nil }
        return try folder.folder(name)
    }
}
