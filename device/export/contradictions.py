"""Two records with one place in one store: one of them is of a history that was rewritten.

Each fits its own signature, for the device signed both; side by side they prove it. A package is
held against itself, against those that came before, and against the store that it was made from.
Next: `package.py`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from device.records.entry import Entry
from device.records.readable import ReadableStore
from device.records.reading import MOST_LISTED


def require_one_history(entries: Sequence[Entry]) -> None:
    """Raises ValueError: two of one package contradict each other."""
    known: dict[tuple[str, int], bytes] = {}
    for entry in entries:
        head = entry.head
        if known.setdefault((head.store_id, head.sequence), head.hash) != head.hash:
            raise ValueError(f"it holds two different records {head.sequence} of one store")


def with_what_is_here(entries: Sequence[Entry], chain: ReadableStore) -> tuple[str, ...]:
    """One sentence for each record that contradicts this store, or an earlier package."""
    if not chain.is_there():
        return ()
    here, told_before = chain.head(), _told_before(chain, entries)
    found = []
    for entry in entries:
        head = entry.head
        if here is not None and head.store_id == here.store_id:
            there = chain.hash_at(head.sequence)
            if there is not None and there != head.hash:
                found.append(f"record {entry.record_id} is not the one in the store here")
        for package, sha256 in told_before[_place(head.store_id, entry.record_id)]:
            if sha256 != head.hash.hex():
                found.append(
                    f"record {entry.record_id} came with another content in the package {package}"
                )
    return tuple(dict.fromkeys(found))


def _told_before(
    chain: ReadableStore, entries: Sequence[Entry]
) -> Mapping[tuple[str, str], list[tuple[str, str]]]:
    """Package and hash of each record of these stores that an event about a package names, by its
    place."""
    found = defaultdict(list)
    for store_id in {one.head.store_id for one in entries}:
        for event in chain.events("import", MOST_LISTED, store_id):
            records = event.content.get("records")
            if event.problem or not isinstance(records, list):
                continue
            for one in records:
                if isinstance(one, dict) and one.get("store_id") == store_id:
                    told = str(event.content.get("sha256"))[:16], str(one.get("record_sha256"))
                    found[_place(store_id, one.get("record_id"))].append(told)
    return found


def _place(store_id: str, record_id: object) -> tuple[str, str]:
    """Store and number; the rest of an id is of its time."""
    return store_id, str(record_id).split("-", 1)[0]
