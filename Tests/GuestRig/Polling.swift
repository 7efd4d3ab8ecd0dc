// SPDX-License-Identifier: GPL-3.0-or-later

/// Asks `probe` again and again until it has an answer, and gives that.
///
/// This is how the rig waits: for a state, never for a time. The default is generous, since eight guests may share two
/// processors; a passing wait ends at the first good answer.
/// - Parameters:
///   - what: what is waited for, for the message of a wait that fails.
///   - limit: how long to go on asking.
///   - probe: nil as long as the state is not there; an error ends the wait.
/// - Throws: ``RigError`` with the code `timed-out`, or what `probe` throws.
package func waitUntil<Value>(
  _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(20),
  isolation: isolated (any Actor)? = #isolation, _ probe: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try await probe() { return value }
    guard ContinuousClock.now < deadline else { throw RigError(.timedOut, "waited \(limit) in vain until \(what)") }
    try await Task.sleep(for: pause)
  }
}

/// Waits until `condition` holds; see ``waitUntil(_:within:every:isolation:_:)-(_,_,_,_,()->Value?)``.
package func waitUntil(
  _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(20),
  isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
  try await waitUntil(what, within: limit, every: pause) { () -> Void? in try await condition() ? () : nil }
}
