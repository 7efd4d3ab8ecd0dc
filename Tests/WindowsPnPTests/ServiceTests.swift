// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("Services")
struct ServiceTests {
  @Test(
    "A service's path tells its file",
    arguments: [
      (#"\SystemRoot\System32\drivers\balloon.sys"#, #"C:\Windows\System32\drivers\balloon.sys"#),
      (#"\systemroot\System32\drivers\balloon.sys"#, #"C:\Windows\System32\drivers\balloon.sys"#),
      (#"System32\drivers\balloon.sys"#, #"C:\Windows\System32\drivers\balloon.sys"#),
      (#"system32\DRIVERS\balloon.sys"#, #"C:\Windows\system32\DRIVERS\balloon.sys"#),
      (#"%SystemRoot%\system32\svchost.exe -k netsvcs -p"#, #"C:\Windows\system32\svchost.exe"#),
      (#"%windir%\system32\blnsvr.exe"#, #"C:\Windows\system32\blnsvr.exe"#),
      (#"\??\C:\Windows\System32\drivers\balloon.sys"#, #"C:\Windows\System32\drivers\balloon.sys"#),
      (#"\\?\D:\x\balloon.sys"#, #"D:\x\balloon.sys"#),
      (#""C:\Program Files\Balloon\blnsvr.exe""#, #"C:\Program Files\Balloon\blnsvr.exe"#),
      (#""C:\Program Files\Balloon\blnsvr.exe" -x "y z""#, #"C:\Program Files\Balloon\blnsvr.exe"#),
      (#"C:\Program Files\Balloon\blnsvr.exe"#, #"C:\Program Files\Balloon\blnsvr.exe"#),
      (#"C:\Program Files\Balloon\blnsvr.exe -x"#, #"C:\Program Files\Balloon\blnsvr.exe"#),
      (#"C:\PROGRA~1\BALLOON\BLNSVR.EXE -x a.exe"#, #"C:\PROGRA~1\BALLOON\BLNSVR.EXE"#),
      (#"  C:\a.exe.d\b.exe  "#, #"C:\a.exe.d\b.exe"#), (#"c:/balloon/blnsvr.exe"#, #"c:/balloon/blnsvr.exe"#),
      (#"C:\balloon\blnsvr"#, #"C:\balloon\blnsvr"#), (#"C:\Шар\blnsvr.exe -i"#, #"C:\Шар\blnsvr.exe"#),
      (
        #"\SystemRoot\System32\DriverStore\FileRepository\balloon.inf_amd64_0123456789abcdef\balloon.sys"#,
        #"C:\Windows\System32\DriverStore\FileRepository\balloon.inf_amd64_0123456789abcdef\balloon.sys"#
      ),
    ])
  func files(_ text: String, _ file: String) {
    #expect(ImagePath(text).file(systemRoot: #"C:\Windows"#) == file)
    #expect(ImagePath(text).file(systemRoot: #"C:\Windows\"#) == file)
  }

  @Test(
    "A path that names no file on a local drive tells none",
    arguments: [
      "", " ", "\"", "\"\"", "\"C:\\a.exe", "balloon.sys", #"drivers\balloon.sys"#, #"\\server\share\blnsvr.exe"#,
      #"\??\UNC\server\share\blnsvr.exe"#, #"\Device\HarddiskVolume1\balloon.sys"#, #"\Windows\balloon.sys"#,
      #"%ProgramFiles%\Balloon\blnsvr.exe"#, #"C:\%x%\blnsvr.exe"#, #"C:\Program Files\Balloon\blnsvr"#, "C:", #"C:\"#,
      "C:blnsvr.exe", "\u{e9}:\\a.exe", "C:\\a\u{1}b.exe", #"\SystemRoot"#, "http://example.org/blnsvr.exe",
      #"C:\"# + String(repeating: "a", count: 5000),
    ])
  func noFiles(_ text: String) {
    #expect(ImagePath(text).file(systemRoot: #"C:\Windows"#) == nil)
  }

  @Test("Without a system root on a drive no file is told")
  func noRoot() {
    for root in ["", "\\", "C:", #"C:\"#, "Windows", #"\\server\windows"#] {
      #expect(ImagePath(#"System32\drivers\balloon.sys"#).file(systemRoot: root) == nil)
    }
  }

  @Test("A driver's service without a path has its file among the drivers")
  func defaultPath() {
    #expect(
      ImagePath.driver(ofService: "BALLOON").file(systemRoot: #"C:\Windows"#)
        == #"C:\Windows\System32\drivers\BALLOON.sys"#)
  }

  @Test("States have the protocol's words, and numbers beyond have none")
  func states() {
    let words = (0...8).map { ServiceState(rawValue: $0)?.word }
    #expect(
      words == [
        nil, "stopped", "start-pending", "stop-pending", "running", "continue-pending", "pause-pending", "paused", nil,
      ])
    #expect(
      (0...5).map { ServiceStart(rawValue: $0)?.word } == ["boot", "system", "automatic", "demand", "disabled", nil])
  }

  @Test("The balloon's INF is known by its name, in any folder and case")
  func infNames() {
    #expect(BalloonNames.isDriverINF("balloon.inf"))
    #expect(BalloonNames.isDriverINF(#"D:\Balloon\w11\amd64\BALLOON.INF"#))
    #expect(!BalloonNames.isDriverINF("myballoon.inf"))
    #expect(!BalloonNames.isDriverINF("oem12.inf"))
    #expect(!BalloonNames.isDriverINF(#"C:\balloon.inf\"#))
    #expect(!BalloonNames.isDriverINF(""))
  }

  @Test("The names' device ids are PCI's balloon and virtio-serial")
  func deviceIDs() {
    #expect(BalloonNames.balloonDevices == [0x1002, 0x1045])
    #expect(BalloonNames.serialDevices == [0x1003, 0x1043])
  }
}
