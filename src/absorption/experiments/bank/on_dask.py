"""Work handed to a Dask cluster by the standard interface, so that a scheduler which is lost is noticed."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import distributed

LOOKS_EVERY = 0.5
"""Seconds between two looks at the connection."""
ANSWERS_WITHIN = 60
"""Seconds for a result to come over, once it is there."""


class SchedulerLostError(Exception):
    """The connection to the scheduler broke while work was handed out; whoever waits for that work is told so."""


class DaskExecutor(Executor):
    """An executor of a Dask client whose futures all end: with a result, an error, or the loss of the scheduler.

    Those of `Client.get_executor` now and then stay pending for ever when the scheduler goes (distributed 2026.8).

    >>> from types import SimpleNamespace
    >>> DaskExecutor(SimpleNamespace(status="closed")).submit(abs, -1)
    Traceback (most recent call last):
    absorption.experiments.bank.on_dask.SchedulerLostError: the scheduler is lost.

    Args:
        client: Open; it stays open.
    """

    def __init__(self, client: "distributed.Client") -> None:
        self._client = client
        self._pending: dict[Future[Any], Any] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="watching the scheduler").start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As of any executor; a function is run even if it was run on the same arguments before.

        Raises:
            SchedulerLostError: the connection to the scheduler is gone already.
            RuntimeError: after `shutdown`.
        """
        if self._closed.is_set():
            raise RuntimeError("cannot submit after shutdown.")
        if self._client.status != "running":
            raise SchedulerLostError("the scheduler is lost.")
        promise: Future[Any] = Future()
        handed_out = self._client.submit(fn, *args, pure=False, **kwargs)
        with self._lock:
            self._pending[promise] = handed_out
        handed_out.add_done_callback(lambda done: self._pass_on(done, promise))
        return promise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; wait for what is pending, or give up what is if `cancel_futures`."""
        with self._lock:
            pending = dict(self._pending)
        for promise, handed_out in pending.items():
            if cancel_futures:
                promise.cancel()
                handed_out.cancel()
            elif wait:
                with suppress(BaseException):
                    promise.exception()
        self._closed.set()

    def _pass_on(self, done: Any, promise: Future[Any]) -> None:
        """In a thread of the client: what came of one piece of work."""
        try:
            result, error = done.result(ANSWERS_WITHIN), None
        except BaseException as raised:
            result, error = None, raised
        lost = done.status in ("cancelled", "lost")
        self._end(promise, result, SchedulerLostError("the scheduler is lost.") if lost else error)

    def _end(self, promise: Future[Any], result: Any, error: BaseException | None) -> None:
        with self._lock:
            self._pending.pop(promise, None)
        with suppress(InvalidStateError):  # given up meanwhile, or ended by the watch
            promise.set_result(result) if error is None else promise.set_exception(error)

    def _watch(self) -> None:
        while not self._closed.wait(LOOKS_EVERY):
            if self._client.status != "running":
                with self._lock:
                    lost = list(self._pending)
                for promise in lost:
                    self._end(promise, None, SchedulerLostError("the scheduler is lost."))
