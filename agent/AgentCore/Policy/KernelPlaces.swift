import Probes
import Tracefs

/// Where a probe of the kernel's code would be: in which functions, however it was written.
struct KernelPlaces {
    private(set) var places: [ProbedPlace] = []

    init(_ spec: ProbeSpec, _ addresses: FunctionAddresses) {
        switch spec.place {
        case .function(let module, let symbol, let offset):
            // Several functions may have the name, and kernels differ in which one they take.
            for address in addresses.addresses(of: symbol, module: module) {
                places.append(Self.place(spec, address &+ offset, addresses))
            }
            // What does not exist the kernel refuses by itself.
            if places.isEmpty { places = [WrittenPlace(spec, isTrue: offset == 0).place] }
        case .address(let address): places = [Self.place(spec, address, addresses)]
        default: break
        }
    }

    private static func place(_ spec: ProbeSpec, _ address: UInt64, _ addresses: FunctionAddresses) -> ProbedPlace {
        let kinds = spec.kind.policyKinds
        let functions = addresses.functions(at: address)
        let shown = functions.first.map { FunctionName.targets($0.name, offset: $0.offset).last ?? "" }
        var place = ProbedPlace(shown: "\(kinds[0]):\(shown ?? FunctionName.hex(address))")
        place.names = WrittenPlace(spec).place.names
        for (index, kind) in kinds.enumerated() {
            func add(_ target: String, isOwn: Bool) {
                place.names.append(PlaceName(kind: kind, path: nil, target: target, isOwn: isOwn && index == 0))
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
        return place
    }
}
