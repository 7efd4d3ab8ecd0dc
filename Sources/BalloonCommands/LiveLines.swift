// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Reports

/// A guest's statistics as a stream for another program, or for a terminal that cannot move its cursor: until the
/// reader goes, or a signal ends it.
///
/// Each document is written by one write(2), so that a reader of a pipe has it whole.
struct LiveLines {
  let stream: StatisticsStream
  let format: StatisticsFormat

  func run() async throws {
    // The stream waits for the reader: nothing piles up before a slow one.
    let writer = Writer(format: format)
    let following = Task { [stream] in await stream.run { await writer.take($0) } }
    await writer.waitForFailure()
    following.cancel()
    throw await writer.failure ?? CancellationError()
  }

  private actor Writer {
    let format: StatisticsFormat
    private(set) var failure: (any Error)?
    private var state: LiveState?
    /// What no document has told yet.
    private var events: [MachineEvent] = []
    private var omitted = 0
    private var waiter: CheckedContinuation<Void, Never>?

    init(format: StatisticsFormat) { self.format = format }

    func waitForFailure() async {
      guard failure == nil else { return }
      await withCheckedContinuation { waiter = $0 }
    }

    func take(_ update: StatisticsUpdate) {
      guard failure == nil else { return }
      if case .found(let guest) = update, state == nil { state = LiveState(guest) }
      state?.take(update)
      guard let state else { return }
      do {
        let bytes = try document(update, state)
        if !bytes.isEmpty { try Console.write(bytes) }
      } catch {
        failure = error
        waiter?.resume()
        waiter = nil
      }
    }

    private func document(_ update: StatisticsUpdate, _ state: LiveState) throws -> [UInt8] {
      switch (format, update) {
      case (.text, _):
        let style = TextStyle.standardOutput(verbose: false)
        return Array(LiveText.lines(update, state, unicode: style.unicode).map { $0 + "\n" }.joined().utf8)
      case (_, .found): return []
      case (_, .events(let new, let more)):
        // The next document has them.
        let limit = LiveState.eventLimit
        omitted += more + max(0, events.count + new.count - limit)
        events = Array((events + new).suffix(limit))
        return []
      case (.json, .reading), (.json, .lost):
        defer { (events, omitted) = ([], 0) }
        return try JSONDocument.encodeLine(StatisticsDocument(state, events: events, omitted: omitted))
      case (.openmetrics, .reading), (.openmetrics, .lost):
        return Array(OpenMetrics(GuestMetrics.families(state)).text(.openMetrics).utf8)
      case (.prometheus, .reading), (.prometheus, .lost):
        // The older format has no end: an empty line stands between two expositions.
        return Array((OpenMetrics(GuestMetrics.families(state)).text(.prometheus) + "\n").utf8)
      }
    }
  }
}
