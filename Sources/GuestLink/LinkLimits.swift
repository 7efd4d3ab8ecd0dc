// SPDX-License-Identifier: GPL-3.0-or-later

/// How much an ``AgentClient`` gives an agent before it gives up.
package struct LinkLimits: Hashable, Sendable {
  /// How long a hello may take, from writing it to its reply.
  package var hello: Duration
  /// How long a call may take when its caller names no time, all its pages and a hello before it included.
  package var call: Duration
  /// The most bytes that one request's answer may lie behind, garbage and stale replies included.
  package var bytesPerRequest: Int
  /// The most bytes of one call, all its pages included.
  package var bytesPerCall: Int
  /// The most parts of one list.
  package var pages: Int
  /// The most elements of one list.
  package var elements: Int

  package init(
    hello: Duration = .seconds(3), call: Duration = .seconds(10), bytesPerRequest: Int = 4 << 20,
    bytesPerCall: Int = 16 << 20, pages: Int = 256, elements: Int = 4096
  ) {
    self.hello = hello
    self.call = call
    self.bytesPerRequest = bytesPerRequest
    self.bytesPerCall = bytesPerCall
    self.pages = pages
    self.elements = elements
  }
}
