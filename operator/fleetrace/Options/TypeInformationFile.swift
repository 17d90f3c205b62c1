import EventFormat
import SystemFacts

/// A kernel's type information that a person names.
enum TypeInformationFile {
    /// Linux's own has 5 to 10 MB.
    private static let largest = 128 << 20

    /// - Throws: `CommandError` for a file that cannot be read, or that holds something else.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            let bytes = try SystemFile.read(path, limit: largest)
            _ = try bytes.withUnsafeBytes { try FunctionTypes(parsing: $0) }
            return bytes
        } catch let failure as TypeInformation.Failure {
            throw CommandError("\(path) cannot be used as type information of a kernel (BTF): \(failure)")
        } catch {
            throw CommandError("cannot read \(path): \(error)")
        }
    }
}
