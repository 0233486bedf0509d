"""Kernels that start warm: a process that has imported what notebooks import, and forks a kernel whenever one is asked for.

Half of the time of a quick run is the import of torch, SAELens and the like, and there are two runs a notebook. Nothing
of this project is imported before the fork: a kernel finds what a cold one finds, only sooner. It looks to Jupyter like
any kernel: a kernelspec starts `relay`, which asks for a fork, lives as long as the kernel, and takes it along.
"""

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

NAME = "warm"
PRELOADED = (
    "torch", "sae_lens.synthetic", "transformers.models.llama.modeling_llama", "transformers.modeling_gguf_pytorch_utils",
    "sklearn.linear_model", "sklearn.metrics", "scipy.stats", "scipy.optimize", "sympy", "pandas", "seaborn",
    "matplotlib.pyplot", "plotly.graph_objects", "myst_nb", "ipykernel.ipkernel", "ipykernel.kernelapp",
)  # fmt: skip


@contextmanager
def warm_kernels(folder: Path, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The variables with which Jupyter finds the kernel `warm`; it computes as `environment` says."""
    address = folder / "door"
    spec = folder / "kernels" / NAME / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [sys.executable, "-S", __file__, "relay", str(address), "{connection_file}"]
    described = {"argv": argv, "display_name": NAME, "language": "python"}
    spec.write_text(json.dumps(described), encoding="utf-8")
    server = subprocess.Popen(
        [sys.executable, __file__, "serve", str(address)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    assert server.stdin is not None and server.stdout is not None
    try:
        assert server.stdout.readline(), "the process that forks kernels could not start"
        yield {"JUPYTER_PATH": str(folder)}
    finally:
        server.stdin.close()
        server.wait()


def serve(address: str) -> None:
    """Import what is heavy, then fork until nobody holds the other end of the standard input."""
    for name in PRELOADED:
        import_module(name)
    # A thread that has been started here would be missing in every kernel, and may hold a lock for ever.
    assert threading.active_count() == 1, threading.enumerate()
    del sys.path[0]  # the folder of this file, of which notebooks know nothing
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)
        while door in select.select([door, sys.stdin], [], [])[0]:
            asking, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _become_a_kernel(asking)
            asking.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def relay(address: str, connection_file: str) -> None:
    """Ask for a kernel with this process's environment and folder, and wait for its end."""
    asked = {"file": connection_file, "environment": dict(os.environ), "folder": str(Path.cwd())}
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(address)
        door.sendall(json.dumps(asked).encode() + b"\n")
        door.recv(1)


def _become_a_kernel(asking: socket.socket) -> None:
    """Never returns: the connection to `relay` closes with this process, and this process ends where `relay` does."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked = json.loads(asking.makefile(encoding="utf-8").readline())
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silent, stream)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        threading.Thread(target=lambda: (asking.recv(1), os._exit(1)), daemon=True).start()
        from ipykernel.kernelapp import IPKernelApp

        sys.argv = ["ipykernel_launcher", "-f", asked["file"]]
        IPKernelApp.launch_instance(argv=sys.argv[1:])
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    {"serve": serve, "relay": relay}[sys.argv[1]](*sys.argv[2:])
