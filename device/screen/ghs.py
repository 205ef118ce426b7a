"""From hazard statements (`H225 ...; H301 ...`) to signal word and pictograms, worst first.

Which statement asks for which signal word and pictogram: Regulation (EC) No 1272/2008 (CLP),
Annex I, label elements of each class and category. A code that is not listed here is shown as it
stands, with the exclamation mark: what is not known is not harmless.
Next: `card.py`, which ranks a card's components by it.
"""

import re
from dataclasses import dataclass
from typing import Final

_CODE = re.compile(r"\bH[2-4][0-9]{2}\b")

# Pictograms, the worst first; the order in which a card shows and ranks them.
PICTOGRAMS: Final = (
    "skull", "explosive", "health", "corrosion", "flame", "oxidizer", "gas", "exclamation",
    "environment",
)  # fmt: skip

_OF: Final[dict[str, frozenset[str]]] = {
    "skull": frozenset({"H300", "H301", "H310", "H311", "H330", "H331"}),
    "explosive": frozenset({"H200", "H201", "H202", "H203", "H204", "H240", "H241"}),
    "health": frozenset(
        {"H304", "H334", "H340", "H341", "H350", "H351", "H360", "H361", "H370", "H371", "H372",
         "H373"}
    ),
    "corrosion": frozenset({"H290", "H314", "H318"}),
    "flame": frozenset(
        {"H220", "H221", "H222", "H223", "H224", "H225", "H226", "H228", "H241", "H242", "H250",
         "H251", "H252", "H260", "H261"}
    ),
    "oxidizer": frozenset({"H270", "H271", "H272"}),
    "gas": frozenset({"H280", "H281"}),
    "exclamation": frozenset(
        {"H302", "H312", "H315", "H317", "H319", "H332", "H335", "H336", "H420"}
    ),
    "environment": frozenset({"H400", "H410", "H411"}),
}  # fmt: skip
_DANGER: Final = frozenset(
    {"H200", "H201", "H202", "H203", "H220", "H222", "H224", "H225", "H240", "H241", "H250",
     "H260", "H270", "H271", "H300", "H301", "H304", "H310", "H311", "H314", "H318", "H330",
     "H331", "H334", "H340", "H350", "H360", "H370", "H372"}
)  # fmt: skip
# Statements without pictogram or signal word of their own.
_SILENT: Final = frozenset({"H227", "H303", "H313", "H333", "H316", "H320", "H362", "H401", "H402",
                            "H412", "H413"})  # fmt: skip


@dataclass(frozen=True)
class Label:
    """`level`: `danger`, `warning` or `none`; `unlisted` where nothing is known."""

    level: str
    pictograms: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller is worse."""
        level = ("danger", "warning", "unlisted", "none").index(self.level)
        return level, PICTOGRAMS.index(self.pictograms[0]) if self.pictograms else len(PICTOGRAMS)


def label(hazard: str) -> Label:
    """Of a compound's hazard statements, as a manifest has them; "" has none."""
    codes = tuple(dict.fromkeys(_CODE.findall(hazard)))
    if not codes:
        return Label("unlisted", (), ())
    known = frozenset().union(*_OF.values(), _SILENT)
    shown = {name for name in PICTOGRAMS for code in codes if code in _OF[name]}
    if any(code not in known for code in codes):
        shown.add("exclamation")
    if "skull" in shown and not {"H315", "H317", "H319", "H334"} & set(codes):
        shown.discard("exclamation")  # Article 26: the skull says it already
    danger = any(code in _DANGER for code in codes)
    level = "danger" if danger else "warning" if shown else "none"
    return Label(level, tuple(name for name in PICTOGRAMS if name in shown), codes)
