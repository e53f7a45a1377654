"""Runs of a benchmark, kept with the project: every run a file, and an index of what a list of them shows.

The files lie in `bench/NAME/` beside the artifact NAME. A run's file is never written again; what the user says of
runs (names, which is the baseline) is in the index. An index that is lost or cut short is made anew from the files.
"""

from __future__ import annotations

import dataclasses
import datetime
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.client.files import write_bytes, write_text
from modelpack_gui.core import serde
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.locations import located
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import BenchReport, Estimate, ExportSpec, FileStamp, ModelSource

SCHEMA_VERSION = 1
INDEX = "index.json"
RUN_SUFFIX = ".run.json.gz"
_MOST_BYTES = 256 << 20
"""Of a run, unpacked: some ten million samples."""


@dataclass(frozen=True)
class KeptRunner:
    """One runner of a kept run. `p50_ms` is None if it was not measured, or its outputs were wrong."""

    key: str
    title: str
    p50_ms: Estimate | None = None


@dataclass(frozen=True)
class KeptRun:
    """What a list shows of a run, without its samples.

    Attributes:
        id: Name of its file without the ending.
        name: That the user gave; empty if none.
        started_at: ISO 8601, UTC.
    """

    id: str
    started_at: str
    summary: str
    runners: tuple[KeptRunner, ...]
    is_complete: bool
    is_noisy: bool
    duration_s: float
    name: str = ""


@dataclass(frozen=True)
class WholeRun:
    """A run as it was kept.

    Attributes:
        recipe: It was made with; None if that cannot be read any more.
        made_from: The files that it was made from.
    """

    report: BenchReport
    recipe: Recipe | None = None
    made_from: tuple[FileStamp, ...] = ()


@dataclass(frozen=True)
class _Index:
    schema_version: int = SCHEMA_VERSION
    baseline: str = ""
    runs: tuple[KeptRun, ...] = ()


def bench_folder(base: Path, export: ExportSpec, source: ModelSource | None = None) -> Path:
    """Where the runs of a recipe are kept.

    Args:
        base: Folder of the recipe.
        export: Its options; the output path says where the artifact is.
        source: Its model; an ONNX file is the artifact itself.
    """
    itself = source.file if source is not None and source.file.endswith(".onnx") else ""
    output = located(base, itself or export.output_path or "model")
    return output.parent / "bench" / output.stem


class BenchStore:
    """The kept runs of one folder. Each call reads what is on disk: another process may have kept one since."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def runs(self) -> tuple[KeptRun, ...]:
        """All of them, the newest first. A file that cannot be read is left out."""
        return self._read_index().runs

    def unreadable(self) -> tuple[ErrorInfo, ...]:
        """Why each file that is left out cannot be read."""
        known = {run.id for run in self.runs()}
        found = []
        for path in sorted(self._files()):
            run = path.name.removesuffix(RUN_SUFFIX)
            if run not in known:
                try:
                    self.read(run)
                except UserError as error:
                    found.append(error.info)
        return tuple(found)

    @property
    def baseline(self) -> str:
        """Id of the run that others are gated against; empty if none was chosen."""
        return self._read_index().baseline

    def find(self, name: str) -> KeptRun:
        """A run by its id, its name, or `baseline` and `last`.

        Raises:
            UserError: `bench-run-unknown`.
        """
        index = self._read_index()
        if name == "last" and index.runs:
            return index.runs[0]
        wanted = index.baseline if name == "baseline" else name
        found = [run for run in index.runs if wanted and wanted in (run.id, run.name)]
        if not found:
            what = "No run is marked as the baseline." if name == "baseline" else f"There is no kept run {name!r}."
            hint = f"Kept runs: {', '.join(run.id for run in index.runs[:5]) or 'none'}. They are in {self.folder}."
            raise UserError("bench-run-unknown", what, hint)
        return found[0]

    def read(self, run: str) -> WholeRun:
        """A run with its samples, by id.

        Raises:
            UserError: `bench-run-missing`, `bench-run-not-readable`.
        """
        path = self._path(run)
        try:
            data = serde.loads(_unpacked(path))
            if data["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"its schema_version is {data['schema_version']}")
            report = serde.decode(BenchReport, data["report"])
            made_from = tuple(serde.decode(FileStamp, item) for item in data.get("made_from", ()))
        except FileNotFoundError as error:
            message = f"The run {run} is no longer there: {path} is missing."
            raise UserError("bench-run-missing", message, "Run the benchmark again.") from error
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            message = f"The run in {path} cannot be read: {error}."
            hint = "It was written by another version, or cut short. Delete it, and run the benchmark again."
            raise UserError("bench-run-not-readable", message, hint) from error
        try:
            recipe = serde.decode(Recipe, data["recipe"]) if data.get("recipe") is not None else None
        except serde.DecodeError:  # of another version; what was measured is as true
            recipe = None
        return WholeRun(report, recipe, made_from)

    def keep(
        self, report: BenchReport, recipe: Recipe | None = None, made_from: tuple[FileStamp, ...] = (), name: str = ""
    ) -> KeptRun:
        """Keep a run.

        Raises:
            UserError: The file cannot be written.
        """
        index = self._read_index()
        run = dataclasses.replace(summary_of(report, self._new_id(report)), name=name)
        data = {
            "schema_version": SCHEMA_VERSION,
            "report": serde.encode(report),
            "recipe": serde.encode(recipe) if recipe is not None else None,
            "made_from": [serde.encode(stamp) for stamp in made_from],
        }
        write_bytes(self._path(run.id), gzip.compress(serde.dumps(data).encode(), 6))
        self._write_index(dataclasses.replace(index, runs=(run, *index.runs)))
        return run

    def rename(self, run: str, name: str) -> None:
        """Give a run a name; an empty one takes it away.

        Raises:
            UserError: The index cannot be written.
        """
        index = self._read_index()
        runs = (dataclasses.replace(one, name=name.strip()) if one.id == run else one for one in index.runs)
        self._write_index(dataclasses.replace(index, runs=tuple(runs)))

    def set_baseline(self, run: str) -> None:
        """Gate against this run from now on; empty: against none.

        Raises:
            UserError: The index cannot be written.
        """
        self._write_index(dataclasses.replace(self._read_index(), baseline=run))

    def delete(self, run: str) -> None:
        """Forget a run, and remove its file.

        Raises:
            UserError: `file-not-writable`.
        """
        path = self._path(run)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            message = f"{path} could not be removed: {error.strerror or error}."
            raise UserError(
                "file-not-writable", message, "Change its permissions, or those of its folder."
            ) from error
        index = self._read_index()
        baseline = "" if index.baseline == run else index.baseline
        left = tuple(one for one in index.runs if one.id != run)
        self._write_index(dataclasses.replace(index, baseline=baseline, runs=left))

    # -- files

    def _path(self, run: str) -> Path:
        return self.folder / f"{run}{RUN_SUFFIX}"

    def _new_id(self, report: BenchReport) -> str:
        started = report.started_at or datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        digits = re.sub(r"[^0-9T]", "", started)[:15].replace("T", "-")
        number = 1
        while self._path(run := digits if number == 1 else f"{digits}-{number}").exists():
            number += 1
        return run

    def _read_index(self) -> _Index:
        """The index, brought in line with the files that are there."""
        try:
            data = serde.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            index = serde.decode(_Index, data) if data["schema_version"] == SCHEMA_VERSION else _Index()
        except (OSError, ValueError, KeyError, TypeError):  # lost, of another version, or cut short
            index = _Index()
        known = {run.id: run for run in index.runs}
        there = {path.name.removesuffix(RUN_SUFFIX) for path in self._files()}
        found = [run for run in index.runs if run.id in there]
        for run in sorted(there - set(known)):
            try:
                found.append(summary_of(self.read(run).report, run))
            except UserError:
                continue
        found.sort(key=lambda run: (run.started_at, run.id), reverse=True)
        baseline = index.baseline if index.baseline in there else ""
        return _Index(SCHEMA_VERSION, baseline, tuple(found))

    def _files(self) -> Iterator[Path]:
        yield from self.folder.glob(f"*{RUN_SUFFIX}")

    def _write_index(self, index: _Index) -> None:
        write_text(self.folder / INDEX, serde.dumps(serde.encode(index), indent=1) + "\n")


def _unpacked(path: Path) -> bytes:
    """The content of a compressed file.

    Raises:
        OSError, EOFError, zlib.error: It is damaged.
        ValueError: It is larger than the samples of any benchmark.
    """
    with gzip.open(path) as stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it holds more than {_MOST_BYTES >> 20} MiB")
    return data


def summary_of(report: BenchReport, run: str) -> KeptRun:
    """What a list shows of a report."""
    runners = tuple(
        KeptRunner(one.runner, one.title, one.summary.p50_ms if one.summary is not None and one.is_valid else None)
        for one in report.runners
    )
    return KeptRun(
        id=run,
        started_at=report.started_at,
        summary=report.summary,
        runners=runners,
        is_complete=report.is_complete,
        is_noisy=report.noise is not None and report.noise.is_noisy,
        duration_s=report.duration_s,
    )
