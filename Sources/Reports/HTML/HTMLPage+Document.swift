// SPDX-License-Identifier: GPL-3.0-or-later

extension HTMLPage {
  /// A file that needs nothing else: no script, no network, one style, pictures inside.
  ///
  /// - Parameter title: of any origin.
  static func document(_ title: String, _ body: (inout HTMLPage) -> Void) -> [UInt8] {
    var page = HTMLPage()
    page.raw("<!DOCTYPE html>\n")
    page.element("html", ["lang": "en"]) { page in
      page.element("head") { page in
        page.raw(
          """
          <meta charset="utf-8">
          <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <meta name="referrer" content="no-referrer">

          """)
        page.element("title", text: "\(title) - virt-balloon", limit: 200)
        page.raw("\n<style>\n")
        page.raw(HTMLStyle.sheet)
        page.raw("\n</style>\n")
      }
      page.lineBreak()
      page.element("body", [:], body)
    }
    page.lineBreak()
    return Array(page.html.utf8)
  }

  /// What ends every such file.
  mutating func footer() {
    lineBreak()
    element("footer") { page in
      page.text("Written by virt-balloon. This file holds no script and loads nothing.")
    }
  }
}
