"""A web server for a folder on this machine that can resume downloads, and break them off."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class Server:
    """What the server serves and saw.

    Attributes:
        folder: with the files.
        requests: path and range of every request so far.
        break_after: the next answer stops after so many bytes; None for never.
        resumes: whether ranges are respected.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[tuple[str, str | None]] = []
        self.break_after: int | None = None
        self.resumes = True
        self.url = ""


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """Serve ``folder`` at ``url`` until the end of the context."""
    server = Server(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, server)) as http:
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, server: Server, *args: Any) -> None:
        self._state = server
        super().__init__(*args)

    def do_GET(self) -> None:
        state = self._state
        wanted = self.headers.get("Range") if state.resumes else None
        state.requests.append((self.path, self.headers.get("Range")))
        file = state.folder / self.path.lstrip("/")
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        match = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        start = int(match[1]) if match else 0
        if match and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if match else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end, state.break_after = state.break_after, None
        self.wfile.write(content[start:] if end is None else content[start : start + end])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
