"""A Hugging Face hub on loopback: the few requests that a download makes, from files in memory, with faults on demand."""

import hashlib
import importlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

TOKEN = "hf_right"


@dataclass
class Repository:
    """`commit` is what it is at, `answers` what it says it is at; `gated`: for `TOKEN` alone; `cut`: bytes held back."""

    files: dict[str, bytes]
    commit: str
    answers: str = ""
    gated: bool = False
    cut: int = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve(repositories: dict[str, Repository]) -> Iterator[str]:
    """Serve until the block ends; gives the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = self.path.split("?")[0]
            api = re.fullmatch(r"/api/models/(.+?)/(?:revision|tree)/([^/]+)/?", path)
            raw = re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path)
            name, revision = (api or raw).groups()[:2] if api or raw else ("", "")
            repository = repositories.get(name)
            token = self.headers.get("Authorization")
            if token not in (None, f"Bearer {TOKEN}"):
                return self.refuse(401, None, "Invalid credentials in Authorization header")
            if repository is None:
                return self.refuse(401, "RepoNotFound", "Repository not found")
            repository.asked.append(path)
            if repository.gated and token is None and raw:
                return self.refuse(401, "GatedRepo", "Access to this model is restricted")
            if revision != repository.commit:
                return self.refuse(404, "RevisionNotFound", "Invalid rev id")
            if api:
                return self.describe(path, repository)
            if raw[3] not in repository.files:
                return self.refuse(404, "EntryNotFound", "Entry not found")
            self.content(repository, repository.files[raw[3]])

        def describe(self, path, repository):
            entries = [
                {"type": "file", "path": name, "rfilename": name, "size": len(data), "oid": _hash(data)}
                for name, data in repository.files.items()
            ]
            described = {"id": "x", "sha": repository.answers or repository.commit, "siblings": entries}
            self.reply(200, json.dumps(entries if "/tree/" in path else described).encode(), {})

        def content(self, repository, data):
            start = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
            headers = {
                "X-Repo-Commit": repository.answers or repository.commit,
                "ETag": f'"{_hash(data)}"',
                "X-Linked-Size": str(len(data)),
            }
            if start:
                headers["Content-Range"] = f"bytes {start[1]}-{len(data) - 1}/{len(data)}"
                return self.reply(206, data[int(start[1]) : len(data) - repository.cut], headers)
            self.reply(200, data[: len(data) - repository.cut], headers, len(data))

        def refuse(self, status, code, message):
            headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
            self.reply(status, b"", headers)

        def reply(self, status, body, headers, promised=None):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
                if promised is not None and promised > len(body):
                    self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def pointed_at(endpoint: str, home: Path, token: str = "") -> Iterator[None]:
    """Let the hub library of this process use that endpoint, with a cache of its own."""
    import huggingface_hub.constants as constants

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", endpoint)
        patch.setenv("HF_HOME", str(home))
        patch.setenv("HF_TOKEN", token) if token else patch.delenv("HF_TOKEN", raising=False)
        importlib.reload(constants)
        yield
    importlib.reload(constants)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
