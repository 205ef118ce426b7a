"""truth.csv: read as spreadsheets write it, and every fault told with its row."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.library.file import name_key
from train.validation.truth_table import TruthTable, parse_truth


def parse(text: str) -> TruthTable:
    return parse_truth(text.split("\n"))


def test_parts_unknown_amounts_and_absence() -> None:
    table = parse('file,toluene,ethanol,"1,2-Dichloroethane"\nmix1.csv,3,0.5,\nday2/b.txt,x,0,X\n')
    assert table.problems == ()
    assert table.columns == ("toluene", "ethanol", "1,2-Dichloroethane")
    assert [(one.row, one.file, dict(one.parts)) for one in table.rows] == [
        (2, "mix1.csv", {"toluene": 3.0, "ethanol": 0.5}),
        (3, "day2/b.txt", {"toluene": None, "1,2-Dichloroethane": None}),
    ]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_decimal_comma_is_read_where_the_comma_separates_nothing(separator: str) -> None:
    lines = ("File;1,2-Dichloroethane;ethanol", "a.csv;0,5;1.5", "", ";;", "b.csv;;2;;")
    table = parse("\n".join(lines).replace(";", separator))
    assert table.problems == ()
    assert [dict(one.parts) for one in table.rows] == [
        {"1,2-Dichloroethane": 0.5, "ethanol": 1.5},
        {"ethanol": 2.0},
    ]
    assert [one.row for one in table.rows] == [2, 5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("sample,toluene\na.csv,1\n", "must be `file`"),
        ("file\na.csv\n", "must be `file`"),
        ("file,toluene\n", "no mixture below"),
        ("file,\na.csv,\n", "names no compound"),
        ("file,toluene,Toluene\na.csv,1,\n", "row 1: the column Toluene stands twice"),
        ("file,toluene\na.csv,1\n./a.csv,1\n", "row 3: ./a.csv stands in row 2 already"),
        ("file,toluene\na.csv,much\n", "row 2: 'much' of toluene is no amount"),
        ("file,toluene\na.csv,-1\n", "row 2: '-1' of toluene is no amount"),
        ("file,toluene\na.csv,nan\n", "row 2: 'nan' of toluene is no amount"),
        ("file,toluene\na.csv,1e300\n", "row 2: '1e300' of toluene is no amount"),
        ("file,toluene\na.csv,\n", "row 2: a.csv has nothing in it"),
        ("file,toluene\na.csv,0\n", "row 2: a.csv has nothing in it"),
        ("file,toluene\n,1\n", "row 2: it names no file"),
        ("file,1,2-Dichloroethane\na.csv,1\n", "row 2: 2 cells where the heading has 3; a name"),
        ("file,toluene,\na.csv,1,2\n", "row 2: '2' stands in a column without a name"),
        ('file,toluene\na.csv,1\n"b.csv,1\n', "cannot be taken apart into cells"),
    ],
)
def test_a_fault_is_told_with_its_row(text: str, said: str) -> None:
    problems = parse(text).problems
    assert len(problems) == 1
    assert said in problems[0]


def test_every_fault_is_told_at_once_and_sound_rows_are_kept() -> None:
    table = parse("file,toluene,ethanol\na.csv,much,-2\nb.csv,1,1\nc.csv,,\na.csv,1\n")
    assert [problem.partition(":")[0] for problem in table.problems] == [
        "row 2", "row 2", "row 4", "row 5",
    ]  # fmt: skip
    assert [one.file for one in table.rows] == ["b.csv"]


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_whatever_the_text_holds_it_is_read_or_refused_in_a_sentence(text: str) -> None:
    for lines in (text.split("\n"), f"file,a,b\n{text}".split("\n"), f"file;{text}".split("\n")):
        table = parse_truth(lines)
        assert table.rows or table.problems
        for row in table.rows:
            assert row.parts
            assert all(part is None or 0.0 < part < 1e16 for part in row.parts.values())


_NAMES = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters='"'), min_size=1, max_size=12
)
_CELLS = st.one_of(st.none(), st.just("x"), st.floats(1e-6, 1e6))


@settings(max_examples=50)
@given(st.data(), st.sampled_from([",", ";", "\t"]))
def test_what_a_spreadsheet_writes_is_what_is_read(data: st.DataObject, separator: str) -> None:
    columns = data.draw(st.lists(_NAMES, min_size=1, max_size=4, unique_by=name_key))
    files = data.draw(st.lists(_NAMES.filter(lambda n: "/" not in n), max_size=4, unique=True))
    rows = [
        (file, data.draw(st.lists(_CELLS, min_size=len(columns), max_size=len(columns))))
        for file in files
    ]
    rows = [(file, cells) for file, cells in rows if any(cell is not None for cell in cells)]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
    writer.writerow(["file", *columns])
    for file, cells in rows:
        writer.writerow([file, *("" if cell is None else cell for cell in cells)])
    table = parse(stream.getvalue())
    assert table.columns == tuple(columns)
    assert table.problems == (() if rows else ("it has a heading and no mixture below",))
    for read, (file, cells) in zip(table.rows, rows, strict=True):
        assert read.file == file
        meant = {
            name: None if cell == "x" else cell
            for name, cell in zip(columns, cells, strict=True)
            if cell is not None
        }
        assert dict(read.parts) == meant
