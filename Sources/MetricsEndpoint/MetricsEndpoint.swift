// SPDX-License-Identifier: GPL-3.0-or-later
internal import CMicrohttpd
internal import Glibc
internal import Synchronization

/// A place where a monitoring system fetches metrics: `GET /metrics`, and a page at `/` that says so.
///
/// One thread of libmicrohttpd reads and writes for all connections, and none waits for another: a request that is
/// being answered is suspended, and a client that asks or reads too slowly is cut off. It lives as long as the process.
package final class MetricsEndpoint: Sendable {
  /// How many clients are served at once; more wait for their turn.
  package static let connectionLimit: UInt32 = 32
  /// How long a client may take to ask, and then to read the answer.
  package static let clientTime = Duration.seconds(10)
  /// What a request's headers may take, in bytes, with the buffer for the answer's.
  static let requestMemory = 16 << 10
  /// A longer header's value counts as none.
  static let headerLimit = 1 << 10

  private let functions: MicrohttpdFunctions
  private let respond: @Sendable (MetricsRequest) async -> MetricsReply
  private let exchanges = Mutex<[ObjectIdentifier: Exchange]>([:])

  private init(
    _ functions: MicrohttpdFunctions, _ respond: @escaping @Sendable (MetricsRequest) async -> MetricsReply
  ) {
    self.functions = functions
    self.respond = respond
  }

  /// Starts to listen.
  ///
  /// - Parameter respond: called for each request, several at a time.
  /// - Returns: the address with the port that was got.
  package static func start(
    at address: ListenAddress, respond: @escaping @Sendable (MetricsRequest) async -> MetricsReply
  ) throws(EndpointError) -> String {
    let endpoint = MetricsEndpoint(try MicrohttpdFunctions(), respond)
    let (listening, port) = try address.listen()
    // A client that has gone is no reason to end.
    signal(SIGPIPE, SIG_IGN)
    guard endpoint.serve(listening) else {
      let reason = String(cString: strerror(errno))
      close(listening)
      throw EndpointError(.system, "libmicrohttpd does not serve \(address.text(port: port)): \(reason)")
    }
    Task {
      while true {
        try await Task.sleep(for: .seconds(1))
        for exchange in endpoint.exchanges.withLock({ Array($0.values) }) { exchange.end(after: clientTime) }
      }
    }
    return address.text(port: port)
  }

  /// Gives memory that is free back to the system: what is answered now and then need not be kept between.
  ///
  /// The corresponding C function is `malloc_trim`.
  package static func giveBackMemory() { vb_malloc_trim() }

  /// Hands the socket to the library. What it gets a pointer to is never freed: it serves until the process ends.
  private func serve(_ listening: CInt) -> Bool {
    let table = UnsafeMutablePointer<vb_mhd>.allocate(capacity: 1)
    table.initialize(to: functions.table)
    let calls = UnsafeMutablePointer<vb_mhd_calls>.allocate(capacity: 1)
    calls.initialize(
      to: vb_mhd_calls(
        handle: { context, connection, own, url, method, seen in
          guard let context, let connection, let own, let url, let method, let seen else { return 0 }
          let endpoint = Unmanaged<MetricsEndpoint>.fromOpaque(context).takeUnretainedValue()
          let exchange = Unmanaged<Exchange>.fromOpaque(own).takeUnretainedValue()
          let isFirst = seen.pointee == nil
          seen.pointee = own
          return endpoint.handle(
            Connection(pointer: connection), exchange, isFirst: isFirst, url, method) ? 1 : 0
        },
        begin: { context, socket in
          guard let context else { return nil }
          let exchange = Exchange(socket: socket)
          let endpoint = Unmanaged<MetricsEndpoint>.fromOpaque(context).takeUnretainedValue()
          endpoint.exchanges.withLock { $0[ObjectIdentifier(exchange)] = exchange }
          return Unmanaged.passRetained(exchange).toOpaque()
        },
        end: { context, own in
          guard let context, let own else { return }
          let exchange = Unmanaged<Exchange>.fromOpaque(own).takeRetainedValue()
          let endpoint = Unmanaged<MetricsEndpoint>.fromOpaque(context).takeUnretainedValue()
          exchange.close()
          _ = endpoint.exchanges.withLock { $0.removeValue(forKey: ObjectIdentifier(exchange)) }
        }, context: Unmanaged.passRetained(self).toOpaque(), table: table))
    let idle = UInt32(clamping: Self.clientTime.components.seconds)
    return vb_mhd_start(calls, listening, Self.connectionLimit, idle, Self.requestMemory) != nil
  }

  /// A connection of the library.
  ///
  /// `@unchecked`: while it is suspended, which it is as long as another thread has this, the library leaves it alone
  /// until `MHD_resume_connection` is called, which any thread may.
  private struct Connection: @unchecked Sendable { let pointer: OpaquePointer }

  private func handle(
    _ connection: Connection, _ exchange: Exchange, isFirst: Bool, _ url: UnsafePointer<CChar>,
    _ method: UnsafePointer<CChar>
  ) -> Bool {
    switch exchange.state {
    case .reading:
      if let refusal = isFirst ? refusal(connection, url, method) : nil {
        return reply(refusal, connection, exchange)
      }
      // The headers are there; the library calls again when the request is.
      guard !isFirst else { return true }
      let request = MetricsRequest(
        accept: header("Accept", connection), scrapeTimeout: header("X-Prometheus-Scrape-Timeout-Seconds", connection))
      exchange.state = .answering
      functions.table.suspend_connection?(connection.pointer)
      Task {
        exchange.state = .answered(await respond(request))
        functions.table.resume_connection?(connection.pointer)
      }
      return true
    case .answered(let answer): return reply(answer, connection, exchange)
    case .answering, .replying: return true
    }
  }

  private func refusal(
    _ connection: Connection, _ url: UnsafePointer<CChar>, _ method: UnsafePointer<CChar>
  ) -> MetricsReply? {
    let isRoot = strcmp(url, "/") == 0
    guard isRoot || strcmp(url, "/metrics") == 0 else {
      return .plain(404, "Nothing is here; the metrics are at /metrics.")
    }
    guard strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 else {
      return .plain(405, "Metrics are fetched by GET.")
    }
    guard header("Transfer-Encoding", connection) == nil, ["0", nil].contains(header("Content-Length", connection))
    else {
      return .plain(413, "A request for metrics has no body.")
    }
    return isRoot ? .landing : nil
  }

  private func header(_ name: String, _ connection: Connection) -> String? {
    var table = functions.table
    guard let value = vb_mhd_header(&table, connection.pointer, name),
      strnlen(value, Self.headerLimit + 1) <= Self.headerLimit
    else { return nil }
    return String(cString: value)
  }

  private func reply(_ reply: MetricsReply, _ connection: Connection, _ exchange: Exchange) -> Bool {
    exchange.state = .replying
    var table = functions.table
    return reply.body.withUnsafeBytes {
      vb_mhd_reply(&table, connection.pointer, UInt32(reply.status), $0.baseAddress, $0.count, reply.contentType) != 0
    }
  }
}
