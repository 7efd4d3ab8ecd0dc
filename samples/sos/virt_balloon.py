# SPDX-License-Identifier: GPL-2.0-or-later
#
# A plugin of sos (https://github.com/sosreport/sos): takes virt-balloon's support bundle of every running guest along.

import os

from sos.report.plugins import DebianPlugin, IndependentPlugin, Plugin, RedHatPlugin, UbuntuPlugin

FULL = 'redact nothing in the bundle'
try:
    from sos.report.plugins import PluginOpt
    OPTIONS = [PluginOpt('full', default=False, desc=FULL)]
except ImportError:  # sos before 4.2
    OPTIONS = [('full', FULL, 'fast', False)]


# sos 4.0 of Debian 12 asks for its own distribution's mark, later ones for any.
class VirtBalloon(Plugin, IndependentPlugin, RedHatPlugin, DebianPlugin, UbuntuPlugin):
    """Whether memory ballooning works in each running KVM guest, by
    `virt-balloon collect`: read-only, shareable unless -k virt_balloon.full=on
    """

    short_desc = 'memory ballooning of KVM guests'

    plugin_name = 'virt_balloon'
    profiles = ('virt',)
    packages = ('virt-balloon',)
    commands = ('virt-balloon',)
    # Statistics are watched for seconds in every guest; sos ends what takes longer.
    plugin_timeout = 360
    option_list = OPTIONS

    def setup(self):
        folder = self.get_cmd_output_path(make=False)
        os.makedirs(folder, exist_ok=True)
        bundle = os.path.join(folder, 'virt-balloon.tar.gz')
        full = ' --full' if self.get_option('full') else ''
        # What the command says on both outputs is kept beside the bundle.
        self.add_cmd_output(
            f"virt-balloon collect --all{full} -o '{bundle}'",
            suggest_filename='collect.txt', timeout=300, chroot=False)
        self.add_cmd_output('virt-balloon --version', chroot=False)
