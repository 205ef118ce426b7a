"""The udev rule and the systemd unit that this machine needs; next: `install.py`."""
