import Testing

@testable import Timeline

struct CPUWatermarksTests {
    @Test func theNodeIsAsFarAsItsSlowestCPU() {
        var marks = CPUWatermarks(count: 3)
        #expect(marks.watermark == nil)
        marks.advance(cpu: 0, to: 30)
        marks.advance(cpu: 1, to: 10)
        #expect(marks.watermark == nil)
        marks.advance(cpu: 2, to: 20)
        #expect(marks.watermark == 10)
        marks.advance(cpu: 1, to: 5)
        #expect(marks.watermark == 10)
        marks.advance(cpu: 1, to: 40)
        #expect(marks.watermark == 20)
    }

    @Test func offlineCPUsHoldNothingBackUntilTheySpeak() {
        var marks = CPUWatermarks(count: 2)
        marks.advance(cpu: 0, to: 30)
        marks.takeOffline(cpu: 1)
        #expect(marks.watermark == 30)
        marks.advance(cpu: 1, to: 7)
        #expect(marks.watermark == 7)
        marks.takeOffline(cpu: 0)
        marks.takeOffline(cpu: 1)
        #expect(marks.watermark == nil)
    }

    @Test func whatDoesNotExistIsRefused() {
        var marks = CPUWatermarks(count: .max)
        #expect(!marks.advance(cpu: -1, to: 1) && !marks.advance(cpu: CPUWatermarks.greatestCount, to: 1))
        marks.takeOffline(cpu: .max)
        #expect(CPUWatermarks(count: -1).watermark == nil)
    }
}
