"""The systemd unit of `ramix run`: a user of its own, and access to the analyzer alone.

`packaging/ramix.service` is this text for a program in /usr/bin; a test compares them.
Next: `install.py`, which writes it.
"""

import re
from pathlib import PurePosixPath
from typing import Final

from device.system_files.errors import SystemFileError

UNIT_NAME: Final = "ramix.service"
PACKAGED_PROGRAM: Final = PurePosixPath("/usr/bin/ramix")
# What the unit hides from the service (ProtectHome=).
_HIDDEN: Final = tuple(PurePosixPath(folder) for folder in ("/home", "/root", "/run/user"))
_PLAIN_PATH: Final = re.compile(r"/[\w.+/-]+", re.ASCII)  # anything else means something to systemd

_TEXT: Final = """\
# `ramix run` as a service: one result in the journal at every press of the trigger, records in
# /var/lib/ramix. Another port or option: sudo systemctl edit ramix
[Unit]
Description=Raman analyzer: identify at every press of the trigger
# Never given up: an analyzer may be plugged in at any time.
StartLimitIntervalSec=0

[Service]
# Ready once the model has proved itself; then every event and each second of waiting is a sign of
# life. A service that hangs is ended and started again; an exposure above a minute needs more.
Type=notify
TimeoutStartSec=120
WatchdogSec=60
ExecStart={program} run --port usb: --json
KillSignal=SIGTERM
# What `ramix` says when it was stopped, with the laser off.
SuccessExitStatus=130
TimeoutStopSec=15
Restart=on-failure
# 2 is a wrong command line: trying again does not mend it.
RestartPreventExitStatus=2
# Longer pauses need systemd 254; an older one waits RestartSec each time.
RestartSec=2
RestartSteps=6
RestartMaxDelaySec=60

# A user that exists while the service runs. The group opens the analyzer (udev rule).
DynamicUser=yes
User=ramix
SupplementaryGroups=dialout
StateDirectory=ramix
StateDirectoryMode=0700
CacheDirectory=ramix
CacheDirectoryMode=0700
UMask=0077
# Records in /var/lib/ramix; model and trust from /etc/ramix alone.
Environment=XDG_DATA_HOME=%S XDG_CACHE_HOME=%C XDG_CONFIG_HOME=%E

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
# Netlink tells of what is plugged in. A port tcp:// also needs AF_INET.
RestrictAddressFamilies=AF_UNIX AF_NETLINK
DevicePolicy=closed
DeviceAllow=char-usb_device rw
DeviceAllow=char-ttyACM rw
DeviceAllow=char-ttyUSB rw

[Install]
WantedBy=multi-user.target
"""


def service_unit(program: PurePosixPath = PACKAGED_PROGRAM) -> str:
    """The whole file; `program` is the `ramix` that it starts.

    Raises:
        SystemFileError: the service could not start that program.
    """
    if not _PLAIN_PATH.fullmatch(str(program)) or ".." in program.parts:
        raise SystemFileError(
            f"The service cannot start {str(program)!r}: letters, digits and . + - _ make a path.",
            remedy="Name the full path of the installed `ramix` with --program.",
        )
    if any(folder in program.parents for folder in _HIDDEN):
        raise SystemFileError(
            f"The service cannot start {program}: it sees no home folders.",
            remedy="Install ramix-edge below /opt, or name another `ramix` with --program; "
            "--rule-only writes the udev rule alone.",
        )
    return _TEXT.format(program=program)
