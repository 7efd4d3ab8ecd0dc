// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Testing

@Suite("The frame of a live view")
struct LiveFrameTests {
  static let states: [(name: String, state: LiveState)] = [
    ("busy", LiveSamples.busy), ("lost", LiveSamples.lost), ("driverless", LiveSamples.driverless),
    ("hostile", LiveSamples.hostile), ("first", LiveState(LiveSamples.guest())),
  ]

  @Test(
    "Is the same text for the same state",
    arguments: [
      ("busy", 80, 24, true), ("busy", 200, 60, true), ("busy", 80, 24, false), ("lost", 80, 24, true),
      ("driverless", 80, 24, true), ("hostile", 80, 24, true),
    ])
  func golden(name: String, width: Int, height: Int, unicode: Bool) throws {
    let state = try #require(Self.states.first { $0.name == name }?.state)
    let frame = LiveFrame(state, width: width, height: height, style: TextStyle(unicode: unicode))
    try expectGolden(
      Array(frame.lines.map { $0 + "\n" }.joined().utf8),
      "live-\(name)-\(width)x\(height)\(unicode ? "" : "-ascii").txt")
  }

  @Test("In colours says the same as without them")
  func colour() throws {
    for (name, state) in Self.states {
      let plain = LiveFrame(state, width: 80, height: 24, style: TextStyle())
      let coloured = LiveFrame(state, width: 80, height: 24, style: TextStyle(color: true))
      #expect(coloured.lines.map(Self.uncoloured) == plain.lines, "\(name)")
      #expect(coloured.lines != plain.lines, "\(name)")
    }
  }

  @Test("Never exceeds the terminal, whatever its size, and has nothing in it that a terminal would obey")
  func bounds() {
    for (name, state) in Self.states {
      for width in [1, 2, 3, 7, 19, 20, 33, 34, 40, 47, 48, 79, 80, 81, 132, 200, 400] {
        for height in [1, 2, 3, 5, 8, 9, 10, 12, 17, 18, 19, 24, 25, 60, 100] {
          for unicode in [true, false] {
            let lines = LiveFrame(state, width: width, height: height, style: TextStyle(unicode: unicode)).lines
            #expect(lines.count <= height, "\(name) at \(width)x\(height)")
            for line in lines {
              #expect(TerminalText.width(line) <= width, "\(name) at \(width)x\(height): \(line)")
              #expect(!line.unicodeScalars.contains(where: TerminalText.isUnsafe), "\(name): \(line)")
              if !unicode { #expect(line.utf8.allSatisfy { $0 < 0x80 }, "\(name): \(line)") }
            }
          }
        }
      }
    }
  }

  @Test("Says what is unknown with its reason, and never as 0")
  func unknown() {
    let text = LiveFrame(LiveSamples.driverless, width: 120, height: 24, style: TextStyle()).lines
    #expect(text.contains { $0.contains("target") && $0.contains("not known (not found)") }, "\(text)")
    #expect(text.contains { $0.contains("resident") && $0.contains("not known (denied)") }, "\(text)")
    #expect(text.contains { $0.contains("the guest has never answered; polling is off") }, "\(text)")
    #expect(!text.contains { $0.contains(" 0 B") })
  }

  @Test("Of a lost connection says so, and when it is tried again")
  func lost() {
    let lines = LiveFrame(LiveSamples.lost, width: 120, height: 24, style: TextStyle()).lines
    #expect(lines[2].hasPrefix("No connection, trying again in 4 s: qemu:///system: Cannot recv data"), "\(lines)")
    var found = LiveSamples.lost
    found.take(.found(LiveSamples.guest()))
    #expect(!LiveFrame(found, width: 120, height: 24, style: TextStyle()).lines.contains { $0.contains("again") })
  }

  /// Written apart from the program's own idea of colours.
  private static func uncoloured(_ line: String) -> String {
    var text = ""
    var isInside = false
    for character in line {
      if character == "\u{1B}" {
        isInside = true
      } else if isInside {
        if character == "m" { isInside = false }
      } else {
        text.append(character)
      }
    }
    return text
  }
}

@Suite("What is known of a guest that is watched")
struct LiveStateTests {
  @Test("Rates are the way between two deliveries, not between two readings")
  func rates() {
    var state = LiveState(LiveSamples.guest(period: .observed(5, LiveSamples.host("XML"))))
    let at = LiveSamples.start
    state.take(.reading(LiveSamples.reading(0, updated: at, swapIn: 0, faults: 100), state: LiveSamples.running))
    #expect(state.rates.isEmpty)
    state.take(.reading(LiveSamples.reading(1, updated: at, swapIn: 0, faults: 100), state: LiveSamples.running))
    #expect(state.rates.isEmpty)
    state.take(
      .reading(LiveSamples.reading(6, updated: at + 5, swapIn: 10 << 20, faults: 150), state: LiveSamples.running))
    #expect(state.rates["swapIn"] == Double(2 << 20) && state.rates["majorFaults"] == 10)
    state.take(
      .reading(LiveSamples.reading(7, updated: at + 5, swapIn: 10 << 20, faults: 150), state: LiveSamples.running))
    #expect(state.rates["majorFaults"] == 10)
  }

  @Test("A counter that falls has no rate, and neither has a guest that was reset or stands still")
  func noRates() {
    var state = LiveState(LiveSamples.guest())
    state.take(.reading(LiveSamples.reading(0, faults: 100), state: LiveSamples.running))
    state.take(.reading(LiveSamples.reading(1, faults: 5), state: LiveSamples.running))
    #expect(state.rates["majorFaults"] == nil && state.rates["swapIn"] == 0)
    state.take(.events([MachineEvent(time: LiveSamples.start + 2, name: "RESET")], omitted: 0))
    #expect(state.rates.isEmpty)
    state.take(.reading(LiveSamples.reading(3, faults: 6), state: LiveSamples.running))
    #expect(state.rates.isEmpty)
    state.take(.reading(LiveSamples.reading(4, faults: 7), state: LiveSamples.running))
    #expect(state.rates["majorFaults"] == 1 && !state.isLate)
    let frozen = LiveSamples.reading(12, updated: LiveSamples.start + 4, faults: 7)
    state.take(.reading(frozen, state: LiveSamples.running))
    #expect(state.isLate && state.rates.isEmpty)
  }

  @Test("The size is the later one of a reading's and an event's")
  func size() {
    var state = LiveState(LiveSamples.guest())
    state.take(.reading(LiveSamples.reading(5, actual: 700), state: LiveSamples.running))
    state.take(
      .events([MachineEvent(time: LiveSamples.start + 1, name: "BALLOON_CHANGE", actual: 800)], omitted: 0))
    #expect(state.actual.value == 700)
    state.take(
      .events([MachineEvent(time: LiveSamples.start + 6, name: "BALLOON_CHANGE", actual: 600)], omitted: 0))
    #expect(state.actual.value == 600)
    state.take(.reading(LiveSamples.reading(7, actual: 500), state: LiveSamples.running))
    #expect(state.actual.value == 500)
  }

  @Test("What is remembered is bounded")
  func bounded() {
    var state = LiveState(LiveSamples.guest())
    for second in 0..<(LiveState.sampleLimit + 10) {
      state.take(.reading(LiveSamples.reading(Double(second)), state: LiveSamples.running))
      state.take(.events([MachineEvent(time: 0, name: "STOP")], omitted: 0))
    }
    #expect(state.samples.count == LiveState.sampleLimit && state.events.count == LiveState.eventLimit)
  }

  @Test("Lines tell a reading, an event and a loss, each on one line")
  func lines() {
    for (name, state) in LiveFrameTests.states {
      let updates: [StatisticsUpdate] =
        [
          .found(state.guest), .events([MachineEvent(time: 1, name: "STOP\n\u{1B}[2J", actual: 1)], omitted: 3),
          .lost(Failure(.failed, "gone\nfor good\u{1B}"), retry: 2),
        ] + (state.reading.map { [.reading($0, state: state.state)] } ?? [])
      for update in updates {
        for line in LiveText.lines(update, state, unicode: true) {
          #expect(!line.unicodeScalars.contains(where: TerminalText.isUnsafe), "\(name): \(line)")
        }
      }
    }
    let busy = LiveSamples.busy
    let lines = LiveText.lines(.reading(LiveSamples.reading(59), state: LiveSamples.running), busy, unicode: true)
    #expect(lines.count == 1 && lines[0].contains("actual 1 GiB  target 1 GiB  resident 900 MiB"), "\(lines)")
  }
}
