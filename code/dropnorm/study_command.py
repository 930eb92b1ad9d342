"""``python -m dropnorm study``: list, run, status, table, verify."""

import random
from pathlib import Path
from typing import Annotated

import typer

from dropnorm.data import DataError
from dropnorm.experiments import storage
from dropnorm.experiments.records import RecordError
from dropnorm.experiments.reproduction import comparison, mixed_seeds
from dropnorm.experiments.storage import RESULTS
from dropnorm.experiments.study import Study
from dropnorm.experiments.trial import Device
from dropnorm.registry import STUDIES, find

study_app = typer.Typer(no_args_is_help=True, help="Stored studies: list, run, check.")

Name = Annotated[str, typer.Argument(help="a study's name, or all")]
Folder = Annotated[Path, typer.Option(help="folder of the records")]


@study_app.command("list")
def list_studies() -> None:
    """Every study with its question."""
    for study in STUDIES.values():
        typer.echo(f"{study.name:<22} {len(study.trials):>5} trials  {study.question}")


@study_app.command()
def run(
    name: Name,
    jobs: Annotated[int, typer.Option(help="one-thread processes; 0: in this process", min=0)] = 2,
    scheduler: Annotated[str | None, typer.Option(help="address of a Dask scheduler")] = None,
    device: Annotated[Device, typer.Option(help="auto: a GPU where there is one")] = "cpu",
    limit: Annotated[int | None, typer.Option(help="at most so many trials", min=1)] = None,
    folder: Folder = RESULTS,
) -> None:
    """Run what is missing; stop it with Ctrl-C at any time and go on later.

    The course's own records are complete: --folder mine runs a study anew, into a folder of your
    own.
    """
    from dropnorm.experiments.runner import TrialsFailedError, run_study

    failed = False
    for study in _select(name):
        try:
            added = run_study(
                study, jobs=jobs, scheduler=scheduler, device=device, limit=limit, folder=folder
            )
        except KeyboardInterrupt:
            typer.echo(
                f"{study.name}: stopped; every finished record is kept, run it again to go on",
                err=True,
            )
            raise typer.Exit(130) from None
        except TrialsFailedError as error:
            typer.echo(f"{study.name}: {error}", err=True)
            failed = True
        except (RecordError, DataError, OSError) as error:
            typer.echo(f"{study.name}: {error}", err=True)
            raise typer.Exit(1) from None
        else:
            typer.echo(f"{study.name}: {added} added, {_how_far(study, folder)}")
    if failed:
        raise typer.Exit(1)


@study_app.command()
def status(name: Name = "all", folder: Folder = RESULTS) -> None:
    """How much of each study is stored (here or with another study), and what is damaged."""
    files = {
        study.name: storage.inspect(storage.path_of(study.name, folder))
        for study in STUDIES.values()
    }
    done = {record.trial.key: record for good, _ in files.values() for record in good}
    damaged = False
    for study in _select(name):
        own, faults = files[study.name]
        stored = sum(trial.key in done for trial in study.trials)
        hours = sum(record.seconds for record in own) / 3600
        typer.echo(
            f"{study.name:<22} {stored:>5} of {len(study.trials):<5} {len(own):>5} in its file,"
            f" {hours:.1f} core hours"
        )
        for fault in faults:
            typer.echo(f"  {fault}")
        damaged = damaged or bool(faults)
        if mixed := mixed_seeds(done[trial.key] for trial in study.trials if trial.key in done):
            seeds = ", ".join(map(str, mixed))
            typer.echo(f"  pairs from different processors or libraries: seeds {seeds}")
    if damaged:
        raise typer.Exit(1)


@study_app.command()
def table(name: Name, folder: Folder = RESULTS) -> None:
    """A study's records as CSV."""
    from dropnorm.experiments import results

    for study in _select(name):
        try:
            typer.echo(results.table(study, folder=folder).to_csv(index=False), nl=False)
        except RecordError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


@study_app.command()
def verify(
    name: Name,
    sample: Annotated[int, typer.Option(help="how many stored trials to run again", min=0)] = 2,
    folder: Folder = RESULTS,
) -> None:
    """Check every record, then run a sample of the trials again and compare.

    On the processor, and with the libraries, that made a record the figures have to be identical.
    Elsewhere test accuracy may differ by four standard deviations over the seeds of its setting,
    and by one point in any case.
    """
    from dropnorm.experiments import results
    from dropnorm.experiments.training import run_trial

    faulty = False
    for study in _select(name):
        done, faults = storage.inspect(storage.path_of(study.name, folder))
        planned = {trial.key for trial in study.trials}
        strangers = [record.trial.key for record in done if record.trial.key not in planned]
        faults += [f"trial {key} is not part of the study" for key in strangers]
        for fault in faults:
            typer.echo(f"{study.name}: {fault}")
        failures, stored = 0, results.records(study, folder=folder)
        for record in random.sample(done, min(sample, len(done))):
            try:
                again = run_trial(record.trial)
            except DataError as error:
                typer.echo(f"{study.name}: {error}", err=True)
                raise typer.Exit(1) from None
            agrees, verdict = comparison(record, again, stored)
            failures += not agrees
            typer.echo(f"{study.name}: trial {record.trial.key} run again: {verdict}")
        counts = f"{len(done)} good records, {len(faults)} faults"
        typer.echo(f"{study.name}: {counts}, {failures} of the sample failed")
        faulty = faulty or bool(faults) or bool(failures)
    if faulty:
        raise typer.Exit(1)


def _how_far(study: Study, folder: Path) -> str:
    """How many trials are stored, and how long the others took when the course was made."""
    from dropnorm.experiments import results

    done = {record.trial.key for record in results.records(study, folder=folder)}
    progress = f"{len(done)} of {len(study.trials)} stored"
    if folder == RESULTS:
        complete = len(done) == len(study.trials)
        return f"{progress}; to run it yourself: --folder mine" if complete else progress
    # an installed package has no records of the course
    own = results.records(study, folder=RESULTS) if RESULTS.is_dir() else []
    left = [record.seconds for record in own if record.trial.key not in done]
    if not left:
        return progress
    minutes = f"{sum(left) / 60:.0f} core minutes"
    return f"{progress}; the other {len(left)} took {minutes} when the course was made"


def _select(name: str) -> list[Study]:
    try:
        return list(STUDIES.values()) if name == "all" else [find(name)]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
