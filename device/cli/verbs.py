"""The verbs of `ramix`, where each lives, and its line in the help.

They are imported when they are called, never before: `ramix identify` must start in the time it
takes to load numpy and the interpreter. Next: `identify.py`.
"""

from typing import Final

from device.cli.lazy_group import Verb

VERBS: Final = {
    "list": Verb("device.cli.analyzer", "list_command", "Show the analyzers that are here."),
    "info": Verb("device.cli.analyzer", "info_command", "Show what an analyzer is and its state."),
    "identify": Verb("device.cli.identify", "identify", "Name what is in one spectrum."),
    "verify-material": Verb(
        "device.cli.verify_material",
        "verify_material",
        "Test that a material is NAME and nothing else.",
    ),
    "explain": Verb("device.cli.explain", "explain", "Say why a verdict is what it is."),
    "run": Verb("device.cli.run", "run", "Identify at every press of the trigger."),
    "serve": Verb(
        "device.cli.serve", "serve", "Show the operator's screen as a page of this machine."
    ),
    "acquire": Verb("device.cli.analyzer", "acquire_command", "Measure and save a spectrum."),
    "calibrate": Verb(
        "device.cli.calibrate",
        "calibrate",
        "Calibrate the wavelength axis, the laser's wavelength and the relative response.",
    ),
    "selftest": Verb(
        "device.cli.selftest", "selftest", "Test whether an analyzer is fit to measure."
    ),
    "trust": Verb("device.cli.trust", "trust", "Show or change who may sign models here."),
    "link-key": Verb(
        "device.cli.link_key", "link_key", "Make a link key, for an analyzer behind a network."
    ),
    "simulate": Verb("device.cli.simulate", "simulate", "Serve a simulated analyzer until Ctrl-C."),
    "conformance": Verb(
        "device.cli.conformance", "conformance", "Try the rules of the protocol on an analyzer."
    ),
    "doctor": Verb("device.cli.doctor", "doctor", "Find what is missing, and say how to mend it."),
    "install-system": Verb(
        "device.cli.install_system",
        "install_system",
        "Write the udev rule and the systemd unit.",
    ),
    "config": Verb("device.cli.config", "config", "Show the defaults that ramix.toml sets."),
    "completion": Verb(
        "device.cli.completion", "completion", "Print the script for a shell's completion."
    ),
    "records": Verb("device.cli.records", "records", "Look at stored results."),
    "library": Verb("device.cli.library", "library", "Keep compounds measured in the field."),
    "model": Verb("device.cli.model", "model", "Look into a model bundle."),
}
