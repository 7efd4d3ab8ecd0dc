// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What an exercise does to a guest, and how it looks at it.
///
/// A request or a look that has begun is carried to its end or its own deadline, whether or not the task that waits for
/// it is cancelled: a request that was half sent could otherwise take effect after the one that restores.
package protocol BalloonControl: Sendable {
  /// Asks the balloon for a size, in bytes. That it was accepted does not say that the guest follows.
  ///
  /// A connection that was lost is opened anew; a machine that is another one by now is asked nothing.
  /// - Throws: a failure of the reason ``BalloonEvidence/Failure/Reason/ended`` when the machine is gone for good.
  func request(_ size: UInt64) async throws(Failure)
  /// Looks at every witness once.
  ///
  /// - Parameter thorough: whether what costs the host's kernel a while is looked at too: how much of the guest's RAM
  ///   is resident.
  func look(thorough: Bool) async -> ExerciseReading
}

extension Failure.Reason {
  /// The machine has ended, or was started anew: there is nothing to put back.
  package static let ended = Failure.Reason(rawValue: "ended")
}
