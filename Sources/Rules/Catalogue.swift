// SPDX-License-Identifier: GPL-3.0-or-later

/// Every rule, in the order in which a person would ask.
package enum Catalogue {
  package static let all: [Rule] = []
}
