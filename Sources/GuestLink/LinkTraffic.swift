// SPDX-License-Identifier: GPL-3.0-or-later

/// What arrived from an agent, in numbers.
package struct LinkTraffic: Hashable, Sendable {
  /// All bytes that were read.
  package var bytes = 0
  /// Bytes outside any record.
  package var garbageBytes = 0
  /// Records that another one cut short.
  package var truncatedRecords = 0
  /// Records beyond the limit of a reply.
  package var oversizeRecords = 0
  /// Whole records that are no response within the JSON profile.
  package var unreadableRecords = 0
  /// Replies to a request that nobody awaits any longer, or that nobody sent.
  package var staleReplies = 0
  /// Errors under the id null: the agent could not read a request.
  package var unaddressedErrors = 0
  /// Elements of lists that were not what the method returns, and were left out.
  package var malformedElements = 0
  /// Hellos that another instance answered than the one before.
  package var restarts = 0

  package init() {}

  /// Records that were read and not used.
  package var ignoredRecords: Int {
    truncatedRecords + oversizeRecords + unreadableRecords + staleReplies + unaddressedErrors
  }

  static func - (now: LinkTraffic, before: LinkTraffic) -> LinkTraffic {
    var difference = LinkTraffic()
    difference.bytes = now.bytes - before.bytes
    difference.garbageBytes = now.garbageBytes - before.garbageBytes
    difference.truncatedRecords = now.truncatedRecords - before.truncatedRecords
    difference.oversizeRecords = now.oversizeRecords - before.oversizeRecords
    difference.unreadableRecords = now.unreadableRecords - before.unreadableRecords
    difference.staleReplies = now.staleReplies - before.staleReplies
    difference.unaddressedErrors = now.unaddressedErrors - before.unaddressedErrors
    difference.malformedElements = now.malformedElements - before.malformedElements
    difference.restarts = now.restarts - before.restarts
    return difference
  }
}

extension LinkTraffic: CustomStringConvertible {
  /// `read 40 bytes; 12 bytes of garbage, 1 stale reply`; what did not occur is left out.
  package var description: String {
    func count(_ number: Int, _ one: String, _ many: String) -> String? {
      number == 0 ? nil : "\(number) \(number == 1 ? one : many)"
    }
    let parts = [
      count(garbageBytes, "byte of garbage", "bytes of garbage"),
      count(truncatedRecords, "truncated record", "truncated records"),
      count(oversizeRecords, "oversize record", "oversize records"),
      count(unreadableRecords, "unreadable record", "unreadable records"),
      count(staleReplies, "stale reply", "stale replies"),
      count(unaddressedErrors, "error to no request", "errors to no request"),
      count(malformedElements, "malformed element", "malformed elements"),
      count(restarts, "restart", "restarts"),
    ].compactMap { $0 }
    let read = "read \(bytes) \(bytes == 1 ? "byte" : "bytes")"
    return parts.isEmpty ? read : read + "; " + parts.joined(separator: ", ")
  }
}
