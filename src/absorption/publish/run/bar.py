"""What a person sees while notebooks run: bars in a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn


class Lines:
    """Where the runner reports what becomes of each notebook: one line at each start and end, for logs."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console

    def started(self, name: str, estimate: float | None) -> None:
        """A notebook started; `estimate` in seconds comes from its last run."""
        self._say(f"{name}: started" + (f", about {clock(estimate)}" if estimate else ""))

    def moved(self, name: str, fraction: float, elapsed: float, estimate: float | None, doing: str) -> None:
        """It has done a `fraction` of its work in `elapsed` seconds of an `estimate`; a log shows none of this."""

    def ended(self, name: str, words: str) -> None:
        """A notebook is done, failed or was fresh."""
        self._say(f"{name}: {words}")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class Bars(Lines):
    """One bar a running notebook, with its elapsed time and an estimate."""

    def __init__(self, console: Console, progress: Progress) -> None:
        """Draw with `progress` on `console`."""
        super().__init__(console)
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def started(self, name: str, estimate: float | None) -> None:
        """Add a bar."""
        self._tasks[name] = self._progress.add_task(name, total=1.0, times="", doing="starting")

    def moved(self, name: str, fraction: float, elapsed: float, estimate: float | None, doing: str) -> None:
        """Move the bar."""
        times = clock(elapsed) + (f" of about {clock(estimate)}" if estimate else "")
        self._progress.update(self._tasks[name], completed=fraction, times=times, doing=doing)

    def ended(self, name: str, words: str) -> None:
        """Take the bar away and print what became of it."""
        if name in self._tasks:
            self._progress.remove_task(self._tasks.pop(name))
        super().ended(name, words)


@contextmanager
def board(console: Console) -> Iterator[Lines]:
    """Bars where `console` is a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[times]}"),
        TextColumn("[dim]{task.fields[doing]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bars(console, progress)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds, such as 2:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
