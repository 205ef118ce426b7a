"""Whether a signed record can be shown: who has a key can sign anything.

Next: `package.py`, which lets in no other.
"""

from device.export.account import account_of
from device.export.exhibit import Exhibit
from device.records.entry import Entry, record_of
from device.records.head import canonical
from device.records.measured import check_blanks, spectrum_of
from device.show.card import card
from firmware_bridge.errors import RamixError


def require_readable(entry: Entry) -> None:
    """Whoever has a key can sign anything: a record must also be one that can be shown.

    Raises:
        ValueError: its text is not canonical, or not that of a measurement.
    """
    record = record_of(entry)
    if canonical(record.body) != entry.body:
        raise ValueError(f"the text of record {entry.record_id} in it is not as it is written")
    try:
        account_of(Exhibit(record, spectrum_of(record), entry))
        check_blanks(record)
        card(record.result, hazards=record.hazards)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"record {entry.record_id} in it is no measurement") from error
    except RamixError as error:
        raise ValueError(error.text.rstrip(".")) from error
