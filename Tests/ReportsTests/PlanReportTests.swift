// SPDX-License-Identifier: GPL-3.0-or-later
import Reports
import Testing

@Suite("The plan")
struct PlanReportTests {
  private let gibi: UInt64 = 1 << 30

  @Test("A guest with much headroom is told its price, and that it may not come up")
  func headroom() throws {
    let text = PlanReport(maximum: 40 * gibi, current: gibi, release: nil, processors: 1).text(TextStyle(width: 400))
    #expect(text.contains("40 GiB") && text.contains("runs out of memory first"))
    #expect(text.contains("It pays") && text.contains("panic"))
  }

  @Test("A guest without headroom pays nothing, and every form says what it would see")
  func plain() throws {
    let report = PlanReport(maximum: 4 * gibi, current: 4 * gibi, release: "6.1.0-56-cloud-amd64", processors: 2)
    for format in DocumentFormat.allCases {
      let bytes = try format.render(report, style: TextStyle(width: 400))
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains(format == .json ? "\"visible\"" : "would see 3.8 GiB"), "\(text)")
      #expect(!text.contains("It pays"))
    }
  }

  @Test(
    "No line is wider than the terminal, whatever is planned", arguments: [0, 1, 1 << 30, 1 << 40, 1 << 55] as [UInt64])
  func bounds(_ size: UInt64) {
    for current in [0, size / 64, size] {
      let text = PlanReport(maximum: size, current: current, release: "x", processors: 0).text(TextStyle())
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
  }
}
