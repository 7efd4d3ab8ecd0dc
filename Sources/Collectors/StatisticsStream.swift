// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Looks at one guest's size and statistics again and again over one connection, and tells what the machine tells of
/// itself in between.
///
/// A lost connection is told and tried again, with a pause that doubles up to ``longestPause``.
package struct StatisticsStream: Sendable {
  /// The first pause before a lost guest is tried again.
  package static let firstPause = Duration.seconds(1)
  package static let longestPause = Duration.seconds(30)
  /// The quickest rhythm, and the slowest.
  package static let shortestInterval = Watch.quickest
  package static let longestInterval = Duration.seconds(86_400)
  /// However long the guest's own period is, the host's side of it is looked at once in this time.
  static let patience = Duration.seconds(60)

  private let first: any StatisticsSource
  private let reopen: @Sendable () async throws(TargetError) -> any StatisticsSource
  private let firstPause: Duration

  /// Reaches the guest for the first time.
  /// - Parameter open: also called for every further time.
  init(
    firstPause: Duration = StatisticsStream.firstPause,
    _ open: @escaping @Sendable () async throws(TargetError) -> any StatisticsSource
  ) async throws(TargetError) {
    first = try await open()
    reopen = open
    self.firstPause = firstPause
  }

  /// The rhythm in which a guest is looked at whose driver delivers every `period` seconds.
  ///
  /// - Parameter asked: what the user wants.
  static func interval(asked: Duration, period: UInt64?) -> Duration {
    guard let period, period > 0 else { return asked }
    return max(asked, min(.seconds(Int64(clamping: period)), patience))
  }

  /// Tells until the caller is cancelled; `tell` is awaited, so nothing piles up behind a slow reader.
  package func run(_ tell: @Sendable (StatisticsUpdate) async -> Void) async {
    var source = first
    var pause = firstPause
    while !Task.isCancelled {
      await tell(.found(source.guest))
      let end = await follow(source, tell)
      await source.close()
      if end.hasRead { pause = firstPause }
      var failure = end.lost
      while !Task.isCancelled {
        if let failure {
          await tell(.lost(failure, retry: pause.seconds))
          try? await Task.sleep(for: pause)
          guard !Task.isCancelled else { return }
          pause = min(pause * 2, Self.longestPause)
        }
        do throws(TargetError) {
          source = try await reopen()
          break
        } catch { failure = Failure(error.failure.reason, error.message, ask: error.failure.ask) }
      }
    }
  }

  /// How following a source ended.
  private struct End {
    /// Why it cannot be asked any more; `nil` for a guest that was started anew.
    var lost: Failure?
    var hasRead = false
  }

  private func follow(
    _ source: any StatisticsSource, _ tell: @Sendable (StatisticsUpdate) async -> Void
  ) async -> End {
    let interval = max(Duration.milliseconds(1), .milliseconds(Int64(source.guest.interval * 1_000)))
    var end = End()
    var due = ContinuousClock.now
    while !Task.isCancelled {
      let look = await source.look()
      if look.told.isEmpty == false { await tell(.events(look.told.events, omitted: look.told.omitted)) }
      await tell(.reading(look.reading, state: look.state))
      if look.reading.actual.value != nil { end.hasRead = true }
      if let lost = look.lost {
        end.lost = lost
        return end
      }
      if look.told.hasRestarted { return end }
      // Readings that were due meanwhile are not made up for.
      repeat { due += interval } while due <= .now
      while !Task.isCancelled, ContinuousClock.now < due {
        await source.wait(until: due)
        let told = await source.told()
        if !told.isEmpty { await tell(.events(told.events, omitted: told.omitted)) }
        if told.hasRestarted { return end }
      }
    }
    return end
  }
}

/// What a ``StatisticsStream`` looks at, over a connection that it keeps.
protocol StatisticsSource: Sendable {
  var guest: WatchedGuest { get }
  func look() async -> StatisticsLook
  /// Returns when `instant` has come, or earlier when there may be something in ``told()``.
  func wait(until instant: ContinuousClock.Instant) async
  /// What the machine has told of itself and nobody has taken yet. Asks nobody.
  func told() async -> ToldEvents
  func close() async
}

/// One look at a guest.
struct StatisticsLook: Sendable {
  var reading: Reading
  var state: Observation<String>
  /// What came with the answers.
  var told = ToldEvents()
  /// Why nothing can be asked over this connection any more.
  var lost: Failure?
}

/// What a machine has told of itself.
struct ToldEvents: Sendable {
  var events: [MachineEvent] = []
  /// How many more there were.
  var omitted = 0
  /// Another guest runs under the same name: what was known of its configuration may have changed.
  var hasRestarted = false
  var isEmpty: Bool { events.isEmpty && omitted == 0 }
}
