"""A report of one record as one HTML file: no script, no request, prints on A4.

Next: `account.py`, its words; `svg.py`, its drawing; `pdf.py`, the same on paper.
"""

import base64
from html import escape
from typing import Final

from device.export.account import Account, Substance, account_of
from device.export.exhibit import Exhibit
from device.export.svg import drawing

# The colour is the hazard's; the words say the same to those who see none.
_COLOURS: Final = {
    "danger": ("#b2182b", "#ffffff"),
    "warning": ("#ffd23f", "#1a1a1a"),
    "unknown": ("#762a83", "#ffffff"),
    "none_known": ("#1a1a1a", "#ffffff"),
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE: Final = """
@page { size: A4; margin: 14mm }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 60rem; margin: 0 auto; padding: 1rem }
header { padding: .8rem 1rem; border-radius: .4rem; -webkit-print-color-adjust: exact;
  print-color-adjust: exact }
header h1 { margin: 0; font-size: 1.7rem; line-height: 1.2 }
header p { margin: .3rem 0 0 }
header .hazard { font-weight: 700; font-size: 1.15rem }
h2 { font-size: 1.1rem; margin: 1.3rem 0 .4rem; border-bottom: 2px solid #1a1a1a;
  break-after: avoid }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid #ddd }
td.number, th.number { text-align: right; white-space: nowrap }
.facts th { width: 13rem; font-weight: 600 }
.facts td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
.proof td { font-family: ui-monospace, monospace; font-size: .8rem }
svg { width: 100%; height: auto; display: block }
figure, tr, li { break-inside: avoid }
figure { margin: .5rem 0 }
.photo img { max-width: 100%; max-height: 24rem; display: block }
.remedy { color: #444 }
.note { background: #f3f3f3; padding: .4rem .7rem; border-left: 4px solid #666 }
.scroll { overflow-x: auto }
@media (max-width: 600px) { body { font-size: 13px; padding: .6rem }
  th, td { padding-right: .35rem } .facts th { width: 8rem } td.number { white-space: normal } }
@media print { body { font-size: 12px; padding: 0; max-width: none } }
footer { margin-top: 1.5rem; font-size: .85rem; color: #444 }
""".strip()


def html_file(exhibit: Exhibit) -> bytes:
    """The whole page, UTF-8."""
    account = account_of(exhibit)
    body = "\n".join(
        (
            _banner(account),
            *(f'<p class="note">{escape(one)}</p>' for one in account.notes),
            f"<figure>{drawing(exhibit)}</figure>",
            _list("Hazards, and what to do", account.hazards),
            _list("What was asked for", account.asked),
            _substances(account),
            _reasons(account),
            _list("Nearest, and why not named (log odds)", account.nearest),
            _photo(exhibit),
            *(_facts(heading, rows) for heading, rows in account.sections),
            _list("How to verify this", account.how_to_verify),
            f"<footer>Record {escape(exhibit.record.record_id)}, "
            f"code {escape(exhibit.record.code)}. All times are UTC.</footer>",
        )
    )
    name = f"{account.title} - {exhibit.record.record_id}"
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode("utf-8")


def _banner(account: Account) -> str:
    back, front = _COLOURS.get(account.worst, _COLOURS["unknown"])
    hazard = f'<p class="hazard">{escape(account.hazard)}</p>' if account.hazard else ""
    return (
        f'<header style="background:{back};color:{front}"><h1>{escape(account.title)}</h1>'
        f"{hazard}<p>{escape(account.headline)}</p></header>"
    )


def _substances(account: Account) -> str:
    if not account.substances:
        return ""
    rows = "".join(_row(one) for one in account.substances)
    return (
        '<section><h2>Substances</h2><div class="scroll"><table><thead><tr><th>Substance</th>'
        "<th>CAS</th>"
        '<th class="number">Amount</th><th class="number">At least</th>'
        '<th class="number">Signal</th><th class="number">Present</th></tr></thead>'
        f'<tbody>{rows}<tr><td>not explained</td><td></td><td></td><td></td><td class="number">'
        f"{escape(account.unexplained)}</td><td></td></tr></tbody></table></div>"
        f"<p>Amount: {escape(account.amount_means)}, with the half-width of its 90% interval. "
        "At least: even if one compound that is not named hides below its detection limit. "
        "Signal: share of the Raman signal.</p></section>"
    )


def _row(one: Substance) -> str:
    numbers = (one.amount, one.at_least, one.signal, one.presence)
    cells = "".join(f'<td class="number">{escape(number)}</td>' for number in numbers)
    return f"<tr><td><strong>{escape(one.name)}</strong></td><td>{escape(one.cas)}</td>{cells}</tr>"


def _reasons(account: Account) -> str:
    if not account.reasons:
        return ""
    items = "".join(
        f'<li>{escape(text)} <span class="remedy">{escape(remedy)}</span></li>'
        for text, remedy in account.reasons
    )
    return f"<section><h2>Reasons</h2><ul>{items}</ul></section>"


def _facts(heading: str, rows: tuple[tuple[str, str], ...]) -> str:
    kind = "facts proof" if heading == "What proves it" else "facts"
    told = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return (
        f'<section><h2>{escape(heading)}</h2><table class="{kind}"><tbody>{told}</tbody></table>'
        "</section>"
    )


def _photo(exhibit: Exhibit) -> str:
    photo = exhibit.record.photo
    if photo is None:
        return ""
    data = base64.b64encode(photo.data).decode("ascii")
    return (
        '<section><h2>Photo of the sample</h2><figure class="photo"><img alt="The sample" '
        f'src="data:{photo.media_type};base64,{data}"></figure></section>'
    )


def _list(heading: str, items: tuple[str, ...]) -> str:
    if not items:
        return ""
    told = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<section><h2>{escape(heading)}</h2><ul>{told}</ul></section>"
