import Glibc
import SessionStore
import SystemPackage
import TraceDat

/// What a report is made of: a session's directory or a trace.dat file.
public enum ReportInput: Sendable {
    case session(SessionDirectory)
    case recording(path: String, TraceDatFile)

    /// Opens what lies at the path.
    ///
    /// - Parameter types: type information of the kernel (BTF), for a trace.dat file that has none; or empty.
    /// - Throws: `ReportError`.
    public init(path: String, types: [UInt8] = []) throws(ReportError) {
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            throw ReportError("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        do {
            guard facts.st_mode & S_IFMT != S_IFDIR else {
                self = .session(try SessionDirectory.open(FilePath(path)))
                return
            }
            var file = try TraceDatFile(path: path)
            file.supply(typeInformation: types)
            self = .recording(path: path, file)
        } catch let error as TraceDatError {
            throw ReportError("cannot read \(path): \(error)")
        } catch {
            throw ReportError("\(error)")
        }
    }
}

/// A report cannot be made.
public struct ReportError: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
