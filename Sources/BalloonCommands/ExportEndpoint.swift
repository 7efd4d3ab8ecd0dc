// SPDX-License-Identifier: GPL-3.0-or-later
import Collectors
import MetricsEndpoint
import Reports
import Transports

/// Answers scrapes. All guests are looked at once at a time: who asks meanwhile shares what comes of it.
actor ExportEndpoint {
  private let run: ExportRun
  private var running: Task<OpenMetrics, Never>?
  private var last: (page: OpenMetrics, ended: ContinuousClock.Instant)?

  /// A page as young as this is given again, so that whoever asks without a pause costs the guests little.
  static let freshness = Duration.seconds(1)

  init(_ run: ExportRun) { self.run = run }

  /// How long a collection may take when whoever asks waits so many seconds: a tenth less, for the way.
  static func budget(_ patience: Double) -> Duration { .milliseconds(Int64(patience * 900)) }

  nonisolated func respond(to request: MetricsRequest) async -> MetricsReply {
    let form = OpenMetrics.Form(accept: request.accept)
    let budget = Self.budget(request.patience)
    do {
      // Another's collection may have longer than this one's sender waits.
      let page = try await withDeadline(.now + budget + .milliseconds(Int64(request.patience * 50))) {
        await self.page(within: budget)
      }
      return MetricsReply(contentType: form.contentType, body: Array(page.text(form).utf8))
    } catch {
      return .plain(503, "The guests are still being looked at, for somebody with more time: ask again.")
    }
  }

  private func page(within budget: Duration) async -> OpenMetrics {
    if let last, last.ended + Self.freshness > .now { return last.page }
    if let running { return await running.value }
    let run = run
    let task = Task { await run.page(within: budget) }
    running = task
    let page = await task.value
    last = (page, .now)
    running = nil
    return page
  }
}
