extension RefinedEpoch {
    /// The samples that contradict each other most; nil when one clock can fit all.
    var refusal: RefinedClock.Refusal? {
        var worst: RefinedClock.Refusal?
        for index in samples.indices {
            let bound = envelope.bound(at: index, samples)
            guard bound.lower > bound.upper, bound.lower &- bound.upper > worst?.excess ?? 0 else { continue }
            let causes = envelope.causes(at: index, samples)
            worst = RefinedClock.Refusal(
                epoch: first...max(first, last), lower: samples[causes.lower].agent,
                upper: samples[causes.upper].agent, excess: bound.lower &- bound.upper)
        }
        return worst
    }

    /// Lifts the estimates at samples to what they may not be below, as far as the bounds allow.
    ///
    /// - Parameters:
    ///   - floors: in ascending agent time; only those at samples of this epoch count.
    ///   - floor: where the epoch before ended.
    mutating func raise(_ floors: [(agentTime: Int64, estimate: Int64)], floor: Int64) {
        var next = 0
        var highest = floor
        self.floor = floor
        for index in samples.indices {
            let time = samples[index].agent
            while next < floors.count, floors[next].agentTime < time { next += 1 }
            var wanted = estimates[index]
            while next < floors.count, floors[next].agentTime == time {
                wanted = max(wanted, floors[next].estimate)
                next += 1
            }
            let upper = envelope.bound(at: index, samples).upper
            highest = max(highest, min(wanted, max(upper, estimates[index])))
            estimates[index] = highest
        }
    }
}

extension EnvelopePass {
    /// Which samples make the bound at the sample with `index`.
    func causes(at index: Int, _ samples: [ClockSample]) -> (lower: Int, upper: Int) {
        let time = samples[index].agent
        let lowers = [Int(lowerBefore[index]), Int(lowerAfter[index])]
        let uppers = [Int(upperBefore[index]), Int(upperAfter[index])]
        return (
            lowers.max { samples[$0].lower(at: time, rate) < samples[$1].lower(at: time, rate) } ?? index,
            uppers.min { samples[$0].upper(at: time, rate) < samples[$1].upper(at: time, rate) } ?? index
        )
    }
}
