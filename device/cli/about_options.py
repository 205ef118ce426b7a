"""Options that say who measured what, kept with the record: `@about_options`.

Next: `../records/about.py`, what they become.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from device.cli.options import with_options

_OPTIONS = (
    click.option("--operator", default="", metavar="NAME", help="Who measures, for the record."),
    click.option("--sample", default="", metavar="ID", help="Which sample, for the record."),
    click.option("--note", default="", metavar="TEXT", help="One line for the record."),
    click.option(
        "--repeat-reason", default="", metavar="TEXT",
        help="Why this sample is measured again, for the record.",
    ),
    click.option(
        "--photo", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
        help="A photo of the sample (JPEG or PNG, 3 MB), for the record. What a camera writes into "
        "it, such as the place, is not kept.",
    ),
)  # fmt: skip


def about_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command gets `about`, an `About`, checked before anything is opened."""

    @wraps(command)
    def with_about(
        *arguments: Any,
        operator: str,
        sample: str,
        note: str,
        repeat_reason: str,
        photo: Path | None,
        **others: Any,
    ) -> Any:
        from device.records.about import About
        from device.records.photo import photo_in

        kept = None if photo is None else photo_in(photo)
        about = About(operator, sample, note, repeat_reason, kept)
        return command(*arguments, about=about, **others)

    return with_options(with_about, _OPTIONS)
