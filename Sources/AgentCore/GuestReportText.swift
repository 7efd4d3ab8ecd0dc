// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import PCI

extension GuestReport {
  /// The report for a person. All text of the guest is escaped for a terminal.
  package var text: String {
    var out = ReportText()
    out.line(identity.name + " " + identity.version + ", protocol " + String(AgentChannel.version))

    out.section("System", os) { (out, os) in
      out.fact("family", os.family)
      out.fact("name", os.name)
      out.fact("version", os.version)
      out.fact("kernel", os.kernel)
      out.fact("architecture", os.architecture)
      out.fact("booted", os.bootTime) { String($0) + " s since 1970" }
      out.fact("uptime", os.uptime) { String($0) + " s" }
      out.fact("clock", os.clock) { String($0) + " s since 1970" }
      if let windows = os.windows { out.windows(windows) }
    }
    out.section("Memory", memory) { (out, memory) in
      for member in memory.members { out.fact(member.name, member.fact, ReportText.bytes) }
    }
    out.section("Balloon statistics, computed in the guest", statistics) { (out, statistics) in
      for member in statistics.members {
        if ReportText.isCount(member.name) {
          out.fact(member.name, member.fact)
        } else {
          out.fact(member.name, member.fact, ReportText.bytes)
        }
      }
    }
    out.section("PCI functions (1af4, and memory controllers)", functions) { (out, functions) in
      if functions.isEmpty { out.line("  none") }
      for function in functions { out.function(function) }
    }
    out.section("Drivers and services", services) { (out, services) in
      for service in services {
        out.fact(service.name, service.state)
        if case .absent = service.state { continue }
        out.fact("  version", service.version)
        if let windows = service.windows { out.windows(windows) }
        for counter in service.counters.members { out.fact("  " + counter.name, counter.fact) }
      }
    }
    out.section("The system's log about the balloon", log) { (out, lines) in
      if lines.isEmpty { out.line("  none") }
      for line in lines { out.line("  " + ReportText.time(line.microseconds) + printable(line.text)) }
    }
    return out.text
  }
}

/// `text` with every character that could move a cursor, reorder or hide text written as `\u{…}`.
package func printable(_ text: String) -> String {
  var out = ""
  for scalar in text.unicodeScalars {
    if JSON.isUnsafeOnTerminal(scalar) {
      out += "\\u{" + hexadecimal(scalar.value, width: 4) + "}"
    } else {
      out.unicodeScalars.append(scalar)
    }
  }
  return out
}
