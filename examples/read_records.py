"""Read a store of records: is the chain whole, and what was measured?

    python examples/read_records.py STORE

A check that uses nothing of this project is on the page docs/records.md.
"""

import sys

from device.api import RamixError, RecordStore


def main(path: str) -> int:
    try:
        with RecordStore(path, read_only=True) as store:
            report = store.verify()
            records = store.list(limit=20)  # newest first
    except RamixError as error:
        print(f"{error.text} {error.remedy}", file=sys.stderr)
        return 1
    print(f"{report.count} measurements in {report.entries} entries, head {report.head}")
    for problem in report.problems:
        print(f"BROKEN: {problem}")
    for record in records:
        if record.problem or record.pruned:  # never shown as if it were what was written
            print(record.record_id, record.problem or "contents removed after an export")
            continue
        print(record.record_id, record.verdict, ", ".join(record.names))
    return 1 if report.problems else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
