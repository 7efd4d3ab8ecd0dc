// SPDX-License-Identifier: GPL-3.0-or-later
internal import Glibc

/// Where an endpoint listens: an address in numbers and a port.
package struct ListenAddress: Hashable, Sendable {
  package let host: String
  /// 0 lets the system choose.
  package let port: UInt16
  let isIPv6: Bool

  /// Reads `PORT` (this machine alone), `ADDRESS:PORT`, `[ADDRESS]:PORT`, or `localhost:PORT`; `nil` for anything else:
  /// a name may mean any number of addresses.
  package init?(_ text: String) {
    let colon = text.utf8.lastIndex(of: UInt8(ascii: ":"))
    let digits = colon.map { text[text.utf8.index(after: $0)...] } ?? text[...]
    guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(digits)
    else { return nil }
    self.port = port
    var host = colon.map { String(text[..<$0]) } ?? "127.0.0.1"
    if host == "localhost" { host = "127.0.0.1" }
    if host.hasPrefix("["), host.hasSuffix("]") {
      self.host = String(host.dropFirst().dropLast())
      isIPv6 = true
      var address = in6_addr()
      guard inet_pton(AF_INET6, self.host, &address) == 1 else { return nil }
    } else {
      self.host = host
      isIPv6 = false
      var address = in_addr()
      guard inet_pton(AF_INET, host, &address) == 1 else { return nil }
    }
  }

  /// `127.0.0.1:9788`, `[::1]:9788`.
  package func text(port: UInt16) -> String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// A socket that listens there, and its port.
  func listen() throws(EndpointError) -> (socket: CInt, port: UInt16) {
    let descriptor = socket(
      isIPv6 ? AF_INET6 : AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw failure(errno) }
    var yes: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    var bound: CInt
    var got: UInt16 = 0
    if isIPv6 {
      // Whoever names an IPv6 address means no IPv4 one.
      setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &yes, socklen_t(MemoryLayout<CInt>.size))
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      inet_pton(AF_INET6, host, &address.sin6_addr)
      bound = Self.bind(descriptor, &address)
      if bound == 0 { bound = Self.name(descriptor, &address) }
      got = UInt16(bigEndian: address.sin6_port)
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      inet_pton(AF_INET, host, &address.sin_addr)
      bound = Self.bind(descriptor, &address)
      if bound == 0 { bound = Self.name(descriptor, &address) }
      got = UInt16(bigEndian: address.sin_port)
    }
    guard bound == 0, Glibc.listen(descriptor, 64) == 0 else {
      let number = errno
      close(descriptor)
      throw failure(number)
    }
    return (descriptor, got)
  }

  private static func bind<Address>(_ descriptor: CInt, _ address: inout Address) -> CInt {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  private static func name<Address>(_ descriptor: CInt, _ address: inout Address) -> CInt {
    var length = socklen_t(MemoryLayout<Address>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
  }

  private func failure(_ number: CInt) -> EndpointError {
    let remedy =
      switch number {
      case EADDRINUSE: "; another program has that port: take another one"
      case EACCES: "; ports below 1024 need privilege: take a higher one"
      case EADDRNOTAVAIL: "; this machine has no such address"
      default: ""
      }
    return EndpointError(.system, "cannot listen at \(text(port: port)): \(String(cString: strerror(number)))\(remedy)")
  }
}
