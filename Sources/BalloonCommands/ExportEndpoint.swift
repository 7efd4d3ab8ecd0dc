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

  /// How old a page may be that is given to somebody who cannot wait for the next.
  static let longestAge = Duration.seconds(300)

  /// How long a collection may take when whoever asks waits so many seconds: a tenth less, or half a second, for the
  /// page and its way.
  static func budget(_ patience: Double) -> Duration {
    .milliseconds(Int64(max(patience * 500, min(patience * 900, patience * 1_000 - 500))))
  }

  nonisolated func respond(to request: MetricsRequest) async -> MetricsReply {
    let form = OpenMetrics.Form(accept: request.accept)
    let budget = Self.budget(request.patience)
    do {
      // Another's collection may have longer than this one's sender waits.
      let page = try await withDeadline(.now + .milliseconds(Int64(request.patience * 980))) {
        await self.page(within: budget)
      }
      return Self.reply(page, form)
    } catch {
      // It tells by itself of when it is.
      if let page = await last(within: Self.longestAge) { return Self.reply(page, form) }
      return .plain(503, "The guests are still being looked at, for somebody with more time: ask again.")
    }
  }

  private static func reply(_ page: OpenMetrics, _ form: OpenMetrics.Form) -> MetricsReply {
    var page = page
    page.add(ExportProcess.families())
    return MetricsReply(contentType: form.contentType, body: Array(page.text(form).utf8))
  }

  /// The page that was made last, if it is no older than that.
  private func last(within age: Duration) -> OpenMetrics? {
    last.flatMap { $0.ended + age > .now ? $0.page : nil }
  }

  private func page(within budget: Duration) async -> OpenMetrics {
    if let page = last(within: Self.freshness) { return page }
    if let running { return await running.value }
    let run = run
    let task = Task { await run.page(within: budget) { Console.complain($0) } }
    running = task
    let page = await task.value
    last = (page, .now)
    running = nil
    // What a thousand guests took is given back until the next time.
    MetricsEndpoint.giveBackMemory()
    return page
  }
}
