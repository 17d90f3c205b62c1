import Probes
import Tracefs

/// Where a probe of the kernel's code would be: in which functions, however it was written.
struct KernelLocations {
    private(set) var locations: [ProbedLocation] = []

    init(_ spec: ProbeSpec, _ addresses: FunctionAddresses) {
        switch spec.location {
        case .function(let module, let symbol, let offset):
            // Several functions may have the name, and kernels differ in which one they choose.
            for address in addresses.addresses(of: symbol, module: module) {
                locations.append(Self.location(spec, address &+ offset, addresses))
            }
            // What does not exist the kernel refuses by itself.
            if locations.isEmpty { locations = [WrittenLocation(spec, isTrue: offset == 0).location] }
        case .address(let address): locations = [Self.location(spec, address, addresses)]
        default: break
        }
    }

    private static func location(_ spec: ProbeSpec, _ address: UInt64, _ addresses: FunctionAddresses) -> ProbedLocation
    {
        let kinds = spec.kind.policyKinds
        let functions = addresses.functions(at: address)
        let shown = functions.first.map { FunctionName.targets($0.name, offset: $0.offset).last ?? "" }
        var location = ProbedLocation(shown: "\(kinds[0]):\(shown ?? FunctionName.hex(address))")
        location.names = WrittenLocation(spec).location.names
        for (index, kind) in kinds.enumerated() {
            func add(_ target: String, isOwn: Bool) {
                location.names.append(LocationName(kind: kind, path: nil, target: target, isOwn: isOwn && index == 0))
            }
            for function in functions {
                for target in FunctionName.targets(function.name, offset: function.offset) {
                    add(target, isOwn: true)
                    if let module = function.module { add("\(module):\(target)", isOwn: true) }
                }
                if let origin = FunctionName.origin(function.name) { add(origin, isOwn: false) }
            }
            add(FunctionName.hex(address), isOwn: functions.isEmpty)
        }
        return location
    }
}
