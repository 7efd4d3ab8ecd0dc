// SPDX-License-Identifier: BSD-3-Clause
package import AgentProtocol

/// What an operating system gives the agent: the facts behind each method, read anew at every call.
///
/// A fact that cannot be had is a failed or absent ``Fact`` of its own. A method throws only when nothing of it can be
/// had: ``ProtocolError/Code/unsupported`` where the system has no such thing, ``ProtocolError/Code/denied`` where the
/// agent may not look.
package protocol GuestPlatform: SendableMetatype {
  /// The system in the protocol's word: `linux`, `windows`.
  var system: String { get }
  /// Which system this is.
  func os() throws(ProtocolError) -> GuestOS
  /// The system's memory, under the names of ``MemoryField``.
  func memory() throws(ProtocolError) -> NamedFacts
  /// What the balloon's driver would tell the host, under the names of ``StatisticsField``.
  func statistics() throws(ProtocolError) -> NamedFacts
  /// Keys of every PCI function of vendor 1af4 and of class 05xx, ascending. A key is at most 2^53 and stays with its
  /// function while others come and go.
  func functions() throws(ProtocolError) -> [UInt64]
  /// What is known of one of ``functions()``; `nil` for what can be no key.
  func function(_ key: UInt64) -> PCIFunctionFacts?
  /// The balloon's drivers and services, in a fixed order.
  func services() throws(ProtocolError) -> [ServiceFacts]
  /// Gives the system log's lines about the balloon, of the latest 4096 at most, to `body`, oldest first, from the
  /// first whose number is at least `cursor`, until `body` returns false. Numbers ascend, are at most 2^53, and stay
  /// with their lines.
  func log(from cursor: UInt64, _ body: (_ number: UInt64, _ line: LogLine) -> Bool) throws(ProtocolError)
}
