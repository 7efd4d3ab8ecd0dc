// swift-tools-version: 6.3
// SPDX-License-Identifier: GPL-3.0-or-later
import PackageDescription

/// Every Swift target is compiled with these.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// These are also compiled as Embedded Swift, for the static agents.
let embedded: Set<String> = [
  "PCI", "WindowsPnP", "AgentProtocol", "AgentCore", "AgentLinux", "AgentWindows", "virt-balloon-agent",
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "virt-balloon",
  products: [
    .executable(name: "virt-balloon", targets: ["virt-balloon"]),
    .executable(name: "virt-balloon-agent", targets: ["virt-balloon-agent"]),
  ],
  dependencies: [
    // Commands, help, completions.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    // errno as a typed error and descriptors that are not bare integers, on the host.
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    // Child processes of the tests: QEMU, virsh, the agents.
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
  ],
  // In dependency order: none needs one that stands below it.
  targets: [
    // Pure values.
    .target(name: "PCI"),
    .target(name: "WindowsPnP", dependencies: ["PCI"]),

    // The agent and its protocol (BSD-3-Clause: all of this runs in a guest).
    .target(name: "AgentProtocol"),
    .target(name: "AgentCore", dependencies: ["AgentProtocol", "PCI"]),
    .target(name: "CAgentPlatform"),
    .target(name: "AgentLinux", dependencies: ["AgentCore", "AgentProtocol", "CAgentPlatform", "PCI"]),
    // Compiled here for its types' sake; the program is linked for Windows by a script (see README).
    .target(
      name: "AgentWindows", dependencies: ["AgentCore", "AgentProtocol", "CAgentPlatform", "PCI", "WindowsPnP"]),
    .executableTarget(
      name: "virt-balloon-agent", dependencies: ["AgentCore", "AgentLinux", "AgentProtocol"],
      exclude: ["build-static.sh", "static"]),

    // Evidence, and the rules that judge it.
    .target(name: "BalloonEvidence", dependencies: ["PCI"]),
    // Where a guest's memory is, and where it would be: pure sums.
    .target(name: "GuestMemory", dependencies: ["BalloonEvidence"]),
    .target(name: "Rules", dependencies: ["BalloonEvidence", "GuestMemory", "PCI", "WindowsPnP"]),

    // Access to one thing each. libvirt and libhivex are opened on first use, so their modules have headers only.
    .systemLibrary(name: "CEpoll"),
    .target(name: "Transports", dependencies: ["CEpoll", system]),
    .target(name: "GuestLink", dependencies: ["AgentProtocol", "Transports"]),
    .target(name: "QMP", dependencies: ["AgentProtocol", "PCI", "Transports"]),
    .systemLibrary(name: "CLibvirt", providers: [.apt(["libvirt-dev"])]),
    .target(name: "Libvirt", dependencies: ["CLibvirt", "Transports"]),
    // libxml2, opened on first use too: one program for libxml2.so.2 and libxml2.so.16, so with headers of its own.
    .systemLibrary(name: "CXMLParser"),
    .target(name: "DomainXML", dependencies: ["CXMLParser", "PCI"]),
    .systemLibrary(name: "CPCI", pkgConfig: "libpci", providers: [.apt(["libpci-dev"])]),
    .target(name: "CPCIShim", dependencies: ["CPCI"]),
    .target(name: "PCIAccess", dependencies: ["CPCI", "CPCIShim", "PCI"]),
    .systemLibrary(name: "CHivex", providers: [.apt(["libhivex-dev"])]),
    .target(name: "RegistryHive", dependencies: ["AgentCore", "AgentProtocol", "CHivex", "PCI", "WindowsPnP"]),
    // GNU libmicrohttpd: HTTP for `export --listen`, opened on first use, too. Servers written in Swift import the
    // whole of Foundation or SwiftNIO, which would make the static program several times as large.
    .systemLibrary(name: "CMicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .target(name: "MetricsEndpoint", dependencies: ["CMicrohttpd"]),

    // Collect, report, command.
    .target(
      name: "Collectors",
      dependencies: [
        "AgentProtocol", "BalloonEvidence", "DomainXML", "GuestLink", "Libvirt", "PCI", "QMP", "RegistryHive",
        "Transports",
      ]),
    // Pasted artefacts say what the sources say, so the collectors' translation into evidence serves them too.
    .target(
      name: "Artefacts",
      dependencies: [
        "AgentProtocol", "BalloonEvidence", "Collectors", "DomainXML", "GuestLink", "Libvirt", "PCI", "PCIAccess",
        "QMP", "WindowsPnP",
      ]),
    // Inflates and deflates a balloon on purpose, and always puts it back.
    .target(
      name: "Exercise",
      dependencies: ["AgentProtocol", "BalloonEvidence", "Collectors", "Libvirt", "QMP", "Transports"]),
    .target(name: "Reports", dependencies: ["BalloonEvidence", "GuestMemory", "PCI", "Rules", "WindowsPnP"]),
    // Bundles. Both libraries are opened on first use, too.
    // libarchive: pax tar and gzip that every tar reads; neither Swift nor glibc has them.
    .systemLibrary(name: "CLibarchive", providers: [.apt(["libarchive-dev"])]),
    // GnuTLS: the SHA-256 of every file; libvirt is linked with it, so most hosts have it.
    .systemLibrary(name: "CGnuTLS", providers: [.apt(["libgnutls28-dev"])]),
    .target(
      name: "SupportBundle",
      dependencies: [
        "AgentProtocol", "BalloonEvidence", "CGnuTLS", "CLibarchive", "DomainXML", "GuestLink", "PCI", "Reports",
        "Rules",
        "WindowsPnP",
      ]),
    .target(
      name: "BalloonCommands",
      dependencies: [
        "AgentProtocol", "Artefacts", "BalloonEvidence", "Collectors", "Exercise", "GuestLink", "GuestMemory",
        "Libvirt", "MetricsEndpoint", "PCI", "PCIAccess", "Reports", "Rules", "SupportBundle", "Transports",
        argumentParser,
      ]),
    .executableTarget(name: "virt-balloon", dependencies: ["BalloonCommands"]),

    // Fuzzers: one hostile input each.
    .executableTarget(
      name: "fuzz-records", dependencies: ["AgentProtocol"], path: "Tests/Fuzz/fuzz-records", exclude: ["seeds"]),
    .executableTarget(
      name: "fuzz-agent", dependencies: ["AgentCore", "AgentProtocol", "PCI"], path: "Tests/Fuzz/fuzz-agent",
      exclude: ["seeds"]),
    .executableTarget(
      name: "fuzz-windows-pnp", dependencies: ["PCI", "WindowsPnP"], path: "Tests/Fuzz/fuzz-windows-pnp",
      exclude: ["seeds"]),
    .executableTarget(
      name: "fuzz-qmp", dependencies: ["AgentProtocol", "QMP"], path: "Tests/Fuzz/fuzz-qmp",
      exclude: ["capture.py", "seeds"]),
    .executableTarget(
      name: "fuzz-domain-xml", dependencies: ["DomainXML"], path: "Tests/Fuzz/fuzz-domain-xml", exclude: ["seeds"]),
    .executableTarget(
      name: "fuzz-hive", dependencies: ["RegistryHive"], path: "Tests/Fuzz/fuzz-hive", exclude: ["seeds"]),
    .executableTarget(
      name: "fuzz-artefacts", dependencies: ["Artefacts", "Rules"], path: "Tests/Fuzz/fuzz-artefacts",
      exclude: ["README.md", "seeds"]),
    .executableTarget(
      name: "fuzz-bundle", dependencies: ["SupportBundle"], path: "Tests/Fuzz/fuzz-bundle", exclude: ["seeds"]),
    .executableTarget(
      name: "fuzz-redaction", dependencies: ["BalloonEvidence", "SupportBundle"], path: "Tests/Fuzz/fuzz-redaction",
      exclude: ["README.md", "seeds"]),

    // libxml2 with its headers: tests read HTML with it, and compare CXMLParser with it.
    .systemLibrary(name: "CLibxml2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),

    // The vectors of `protocol/`, read for every test that they drive.
    .target(name: "ProtocolVectors", dependencies: ["AgentProtocol"], path: "Tests/ProtocolVectors"),

    // Any evidence as a tree, for the tests that walk and change it.
    .target(name: "EvidenceTree", path: "Tests/EvidenceTree"),

    // The law of redaction, that redacted evidence is judged as the whole of it, for the tests that have evidence.
    .target(
      name: "RedactionLaw", dependencies: ["BalloonEvidence", "EvidenceTree", "Rules", "SupportBundle"],
      path: "Tests/RedactionLaw"),

    // Real guests: the library, and the program behind `make demo`, `make bench` and `make experiment`.
    .target(
      name: "GuestRig", dependencies: [subprocess, system], path: "Tests/GuestRig", exclude: ["image", "scripts"]),
    .executableTarget(
      name: "rig", dependencies: ["GuestMemory", "GuestRig"], path: "Tests/rig", exclude: ["crowd.py"]),

    // The cases of `samples/cases` and how their answers are judged; the program behind `make accuracy`.
    .target(
      name: "SampleCases", dependencies: ["AgentProtocol", "Artefacts", "GuestRig", "Reports", "Rules"],
      path: "Tests/SampleCases"),
    .executableTarget(
      name: "accuracy", dependencies: ["Artefacts", "Reports", "Rules", "SampleCases", argumentParser],
      path: "Tests/accuracy", exclude: ["hostile.py"]),

    // Tests, in the order of the targets above.
    .testTarget(name: "PCITests", dependencies: ["PCI"]),
    .testTarget(name: "WindowsPnPTests", dependencies: ["PCI", "WindowsPnP"]),
    .testTarget(name: "AgentProtocolTests", dependencies: ["AgentProtocol", "ProtocolVectors"]),
    .testTarget(name: "AgentCoreTests", dependencies: ["AgentCore", "AgentProtocol", "PCI", "ProtocolVectors"]),
    .testTarget(
      name: "AgentLinuxTests",
      dependencies: [
        "AgentCore", "AgentLinux", "AgentProtocol", "PCI", "ProtocolVectors", "virt-balloon-agent", subprocess,
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "AgentWindowsTests",
      // The probe's paste is run here too, for its Wine, and judged.
      dependencies: [
        "AgentProtocol", "Artefacts", "BalloonEvidence", "GuestRig", "PCI", "ProtocolVectors", "Rules", subprocess,
      ]),
    .testTarget(name: "BalloonEvidenceTests", dependencies: ["BalloonEvidence", "PCI"]),
    .testTarget(
      name: "RulesTests",
      dependencies: [
        "BalloonEvidence", "EvidenceTree", "PCI", "RedactionLaw", "Reports", "Rules", "WindowsPnP", subprocess,
      ]),
    .testTarget(name: "GuestMemoryTests", dependencies: ["BalloonEvidence", "GuestMemory"]),
    .testTarget(name: "TransportsTests", dependencies: ["Transports"]),
    .testTarget(
      name: "GuestLinkTests", dependencies: ["AgentProtocol", "GuestLink", "ProtocolVectors", "Transports"],
      exclude: ["validate.py"]),
    .testTarget(name: "QMPTests", dependencies: ["AgentProtocol", "PCI", "QMP", "Transports"]),
    .testTarget(name: "LibvirtTests", dependencies: ["GuestRig", "Libvirt", "Transports"]),
    .testTarget(
      name: "DomainXMLTests", dependencies: ["CLibxml2", "CXMLParser", "DomainXML", "PCI"], exclude: ["Fixtures"]),
    .testTarget(name: "PCIAccessTests", dependencies: ["PCI", "PCIAccess"], exclude: ["Fixtures"]),
    .testTarget(
      name: "RegistryHiveTests",
      dependencies: [
        "AgentProtocol", "BalloonEvidence", "Collectors", "PCI", "RegistryHive", "Rules", subprocess,
      ],
      exclude: ["empty-hive.py"]),
    .testTarget(
      name: "CollectorsTests",
      dependencies: [
        "AgentProtocol", "BalloonEvidence", "Collectors", "DomainXML", "GuestLink", "GuestRig", "Libvirt", "PCI", "QMP",
        "Transports",
      ]),
    .testTarget(
      name: "ExerciseTests",
      dependencies: ["BalloonEvidence", "Collectors", "Exercise", "GuestRig", "Libvirt", "QMP", "Transports"]),
    .testTarget(
      name: "ArtefactsTests", dependencies: ["Artefacts", "BalloonEvidence", "PCI", "Reports", "Rules"],
      exclude: ["Samples"]),
    .testTarget(name: "SampleCasesTests", dependencies: ["GuestRig", "Rules", "SampleCases"]),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["BalloonEvidence", "CLibxml2", "EvidenceTree", "PCI", "Reports", "Rules", subprocess],
      exclude: ["Golden", "browser.py"]),
    .testTarget(
      name: "SupportBundleTests",
      dependencies: [
        "AgentProtocol", "Artefacts", "BalloonEvidence", "DomainXML", "EvidenceTree", "GuestRig", "PCI", "RedactionLaw",
        "Reports", "Rules", "SampleCases", "SupportBundle", subprocess,
      ]),
    .testTarget(
      name: "BalloonCommandsTests",
      dependencies: [
        "AgentProtocol", "BalloonCommands", "BalloonEvidence", "GuestRig", "PCI", "Reports", "Rules", "SupportBundle",
        subprocess,
      ]),
    .testTarget(name: "RealGuestTests", dependencies: ["GuestRig", "BalloonEvidence", subprocess]),
    .testTarget(name: "PackageTests", dependencies: ["GuestRig"], exclude: ["scripts"]),
    // Runs every example of `docs`.
    .testTarget(name: "ManualTests", dependencies: ["GuestRig", "virt-balloon"]),
  ],
  swiftLanguageModes: [.v6]
)

#if os(Windows)
  // Untried: the Windows agent with Swift's own toolchain, by `swift build --product virt-balloon-agent-windows`. It is
  // built on Linux by Sources/virt-balloon-agent-windows/build-windows.sh.
  package.targets.append(
    .executableTarget(
      name: "virt-balloon-agent-windows",
      dependencies: ["AgentCore", "AgentProtocol", "AgentWindows", "WindowsPnP"],
      exclude: ["build-windows.sh", "windows"],
      linkerSettings: [.linkedLibrary("advapi32"), .linkedLibrary("cfgmgr32"), .linkedLibrary("setupapi")]))
#endif

for target in package.targets where target.type != .system {
  target.swiftSettings = settings
  if embedded.contains(target.name) {
    target.swiftSettings?.append(.treatWarning("EmbeddedRestrictions", as: .error))
  }
}
