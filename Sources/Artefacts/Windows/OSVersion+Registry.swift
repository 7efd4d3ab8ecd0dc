// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

extension OSVersion {
  /// What the values of `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion` say, as far as they were pasted.
  init(_ key: RegistryKey) {
    func number(_ name: String) -> UInt32? { key.number(name).flatMap { UInt32(exactly: $0) } }
    self.init()
    productName = key.text("productname")
    displayVersion = key.text("displayversion")
    releaseID = key.text("releaseid")
    currentVersion = key.text("currentversion")
    (major, minor) = (number("currentmajorversionnumber"), number("currentminorversionnumber"))
    currentBuildNumber = key.text("currentbuildnumber") ?? key.text("currentbuild")
    updateRevision = number("ubr")
    servicePack = key.text("csdversion")
    edition = key.text("editionid")
    installationType = key.text("installationtype")
  }
}
