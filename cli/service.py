"""A process that is kept running: started, and started again whenever it ends, until it is stopped.

What a service manager or Kubernetes does for Tickler elsewhere, for a stack of real processes on one machine. Who tests
what happens when processes die also kills and freezes them here.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.embedded import EmbeddedError

Process = subprocess.Popen[bytes]
_LOOK_SECONDS = 0.05
_STOP_SECONDS = 10.0


@dataclass
class Service:
    """`begin` starts the process, waits for it as far as needed, and ends it with its block.

    `pause` says how many seconds pass before it is started again.
    """

    name: str
    begin: Callable[[], AbstractContextManager[Process]]
    pause: float = 0.3
    process: Process | None = None
    starts: int = 0
    # Who wants it to stay away sets `is_held`; it is gone, and not about to be started, once `is_resting`.
    is_held: bool = False
    is_resting: bool = False
    is_frozen: bool = False
    trouble: str | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal_all(self, number: int) -> None:
        """Sends a signal to the process and all below it."""
        for each in family(self.process):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to the process alone: what is below it has to notice by itself."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()

    def freeze(self) -> None:
        self.is_frozen = True
        self.signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self.is_frozen = False
        self.signal_all(signal.SIGCONT)


def family(process: Process | None) -> list[psutil.Process]:
    """The process and everything below it, as far as it still runs."""
    if process is None:
        return []
    with contextlib.suppress(psutil.NoSuchProcess):
        it = psutil.Process(process.pid)
        return [it, *it.children(recursive=True)]
    return []


async def keep(service: Service, say: Callable[[str], None]) -> None:
    """Keeps it running until cancelled, then stops it."""
    while True:
        while service.is_held:
            service.is_resting = True
            await asyncio.sleep(_LOOK_SECONDS)
        service.is_resting = False
        with contextlib.ExitStack() as stack:
            try:
                await _started(service, stack)
                while service.is_running:
                    await asyncio.sleep(_LOOK_SECONDS)
            except (EmbeddedError, OSError) as error:
                service.trouble = str(error)
                say(f"{service.name} did not start: {error}")
            finally:
                # A frozen process does not hear that it is to stop.
                service.thaw()
                await asyncio.to_thread(stack.close)
        await asyncio.sleep(service.pause)


async def _started(service: Service, stack: contextlib.ExitStack) -> None:
    # Not cancelled half way: a process that has begun must be known to `stack`.
    beginning = asyncio.ensure_future(asyncio.to_thread(stack.enter_context, service.begin()))
    try:
        service.process = await asyncio.shield(beginning)
    except asyncio.CancelledError:
        with contextlib.suppress(EmbeddedError):
            await beginning
        raise
    service.starts += 1
    service.trouble = None


@contextlib.contextmanager
def command(
    words: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: str | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[Process]:
    """Starts a command whose output is added to the file `log`; ends it with the block: by `stop`, later SIGKILL."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - a list of our own words, no shell
            words,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            # Ctrl-C at a terminal is for us, who then end it in order.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process, stop)


def end(process: Process, stop: signal.Signals = signal.SIGTERM, *, seconds: float = _STOP_SECONDS) -> None:
    """Asks the process to end, and kills it and what is below it if it does not."""
    below = family(process)
    process.send_signal(stop)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    deadline = time.monotonic() + seconds
    for each in below:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            each.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
