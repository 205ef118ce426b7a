"""`ramix-train validate`: a bundle judged by a chemist's own mixtures.

Next: `validation/outcomes.py`, what is compared; `validation/report.py`, the page.
"""

from pathlib import Path

import click


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("truth", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write report.md there, with a picture of every mixture that was answered wrongly.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def validate(bundle: Path, folder: Path, truth: Path, out: Path | None, as_json: bool) -> None:
    """Judge a bundle by mixtures of your own: names, limits, verdicts and amounts.

    TRUTH is a CSV file: the first column, `file`, names a spectrum in FOLDER; each further column
    is a compound (name, synonym or CAS number of the bundle, or a substance outside its library).
    A cell is parts by volume, x for an unknown amount, empty or 0 for a compound that is not there.
    All problems of the table are told at once, with their rows.

    \b
    Examples:
      ramix-train validate models/solvents13-2.ramix mixtures truth.csv
      ramix-train validate my-liquids-2.ramix mixtures truth.csv --out out/validate
      ramix-train validate my-liquids-2.ramix mixtures truth.csv --json
    """
    from device.answer.proof import proven_identifier
    from device.cli.output import print_json
    from device.inference.bundle import read_bundle_file
    from device.inference.trust import default_trust_policy
    from train.cli.progress import counted
    from train.cli.tables import print_page_table
    from train.validation.mixtures import read_mixtures
    from train.validation.outcomes import outcome_of
    from train.validation.report import Report
    from train.validation.score_json import scores_json
    from train.validation.score_tables import tables_of
    from train.validation.scores import scores_of

    report = None if out is None else Report(out)
    loaded = read_bundle_file(bundle, default_trust_policy())
    with counted("reading") as advance:
        read = read_mixtures(truth, folder, loaded.manifest.compounds, advance)
    identifier = proven_identifier(loaded)
    outcomes = []
    with counted("identifying") as advance:
        for mixture in read.mixtures:
            outcome, answer = outcome_of(identifier, mixture)
            outcomes.append(outcome)
            if report is not None and outcome.wrong:
                report.draw(outcome, answer, loaded)
            advance(len(outcomes), len(read.mixtures))
    names = [(one.name, one.cas) for one in loaded.manifest.compounds]
    scores = scores_of(outcomes, names)
    page = None if report is None else report.write(loaded, scores, outcomes, read.notices)
    if as_json:
        pictures = {} if report is None else report.pictures
        print_json(scores_json(loaded, scores, outcomes, read.notices, pictures))
        return
    for notice in read.notices:
        click.echo(f"note: {notice}")
    for table in tables_of(scores, outcomes):
        print_page_table(table)
    if page is not None:
        click.echo(f"{page}: the same, and {len(report.pictures if report else ())} pictures")
