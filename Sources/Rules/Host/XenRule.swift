// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The rule about a balloon that is no device: Xen's.
enum XenRule {
  static let all = [xen]

  static let xen = Rule(
    id: "balloon.device.xen",
    title: "The balloon is Xen's, which is no device",
    severity: .note,
    explanation: """
      A guest of Xen has a balloon too, and it shares nothing with virtio's but the name. It is a front end in the \
      guest's kernel (in Windows part of the Xen PV drivers), which reads its target from xenstore \
      (memory/target) and gives pages to the hypervisor by hypercalls. There is no PCI function to look for, no \
      virtio status, no balloon driver of virtio-win and no BalloonService, so every rule about those is not \
      applicable. libvirt writes it as <memballoon model='xen'/> in a domain of type xen. Its sizes, the maximum \
      and what was asked for, are judged like any other's. Whether its driver works cannot be told from this evidence.
      """,
    sources: [
      "https://libvirt.org/formatdomain.html#memory-balloon-device",
      "Linux drivers/xen/balloon.c, drivers/xen/xen-balloon.c: the watch on memory/target",
    ],
    evidence: ["domain.hypervisor", "configuration.model", "device.qomPath", "device.status"],
    leavesOpen: true,
    remedy: { context in
      [
        RemedyStep(
          .host, "See what the guest has, and whether it follows when another size is asked for.",
          command: context.virsh("dominfo")),
        RemedyStep(.host, "Xen's own tool shows the same.", command: "xl list"),
        RemedyStep(
          .guest, "In Linux, the balloon's own figures (in KiB).",
          command: "grep . /sys/devices/system/xen_memory/xen_memory0/info/current_kb"),
      ]
    },
    assess: { reader in
      switch reader.presence() {
      case .foreign(let statement): .found(statement)
      case .present: .healthy("The balloon is a virtio device.")
      case .absent(let statement): .notApplicable(statement)
      case .unknown: .inconclusive
      }
    })
}
