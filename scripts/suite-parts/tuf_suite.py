"""Runs python-tuf's tests of its update client with git-signet's client in its place.

    python tuf_suite.py SOURCE NODE CLIENT TRUSTED_ROOT MODULE...

SOURCE is python-tuf's source with its tests. Each update is one run of CLIENT (tuf-client.ts) against the tests' own
repository, which is served on loopback. The repository also holds TRUSTED_ROOT, because a mirror without one is of no
use to git-signet. Prints one JSON line for each test.
"""

import datetime
import hashlib
import importlib
import json
import os
import subprocess
import sys
import threading
import traceback
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SOURCE, NODE, CLIENT, TRUSTED_ROOT, *MODULES = sys.argv[1:]
sys.path.insert(0, SOURCE)

import tuf.ngclient  # noqa: E402
from tests.repository_simulator import RepositorySimulator  # noqa: E402
from tuf.api import exceptions  # noqa: E402
from tuf.ngclient.config import UpdaterConfig  # noqa: E402


class Refused(
    exceptions.UnsignedMetadataError,
    exceptions.BadVersionNumberError,
    exceptions.ExpiredMetadataError,
    exceptions.LengthOrHashMismatchError,
):
    """What the repository served is not to be believed. Which check says so is not compared."""


class NotOurs(Exception):
    """The test asks for something that git-signet's client does not have."""


def serve(repository):
    """The address of a simulated repository, which is served as long as this program runs: it is part of what is kept."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            folder = "" if self.path.startswith("/targets/") else "/metadata"
            try:
                body = b"".join(repository.fetch(f"https://example.com{folder}{self.path}"))
                status = 200
            except exceptions.DownloadHTTPError as error:
                body, status = b"", error.status_code
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    if not hasattr(repository, "address"):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        repository.address = f"http://127.0.0.1:{server.server_address[1]}"
    return repository.address


class OurUpdater:
    """Stands where the tests make a tuf.ngclient.Updater."""

    def __init__(
        self,
        metadata_dir,
        metadata_base_url,
        target_dir=None,
        target_base_url=None,
        fetcher=None,
        config=None,
        bootstrap=None,
    ):
        self.directory = metadata_dir
        self.repository = fetcher
        self.config = config or UpdaterConfig()
        if bootstrap is None:
            raise NotOurs("a root that is not pinned")
        os.makedirs(metadata_dir, exist_ok=True)
        if os.path.exists(self._path("root")):
            return
        with open(self._path("root"), "wb") as file:
            file.write(bootstrap)
        # one folder for each root that is started from, beside the files that the tests list
        with open(self._bootstrap(), "wb") as file:
            file.write(bootstrap)

    def _path(self, role):
        return os.path.join(self.directory, f"{role}.json")

    def _state(self):
        name = hashlib.sha256(self.directory.encode()).hexdigest()[:16]
        path = os.path.join(os.environ["TMPDIR"], name)
        os.makedirs(path, exist_ok=True)
        return path

    def _bootstrap(self):
        return os.path.join(self._state(), "bootstrap")

    def refresh(self):
        if vars(self.config) != vars(UpdaterConfig()):
            raise NotOurs("other limits than git-signet's own")
        now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
        outcome = self._run(serve(self.repository), now)
        for role, text in outcome["kept"].items():
            with open(self._path(role), "wb") as file:
                file.write(text.encode())
        if "broken" in outcome:
            raise RuntimeError(outcome["broken"])
        if "refused" in outcome:
            raise Refused(outcome["refused"])

    def _run(self, url, now):
        given = [NODE, CLIENT, self._state(), url, self._bootstrap(), str(now)]
        ran = subprocess.run(given, capture_output=True, timeout=60, check=False)
        if ran.returncode != 0:
            raise RuntimeError(ran.stderr.decode())
        return json.loads(ran.stdout)

    def __getattr__(self, name):
        raise NotOurs(f"Updater.{name}")


class Results(unittest.TestResult):
    """Prints each test, and each case of a test that has several."""

    def startTest(self, test):
        super().startTest(test)
        self.cases = False

    def _say(self, test, state, **more):
        module, _, name = test.id().partition(".test_")[2].partition(".")
        line = {"file": f"test_{module}", "name": name.partition(".")[2], "state": state, **more}
        sys.__stdout__.write(json.dumps(line) + "\n")
        sys.__stdout__.flush()

    def _failed(self, test, error):
        self._say(test, "failed", log="".join(traceback.format_exception(*error)))

    def addSuccess(self, test):
        if not self.cases:
            self._say(test, "passed")

    def addSubTest(self, test, subtest, error):
        self.cases = True
        if error is None:
            self._say(subtest, "passed")
        else:
            self._failed(subtest, error)

    def addFailure(self, test, error):
        self._failed(test, error)

    def addError(self, test, error):
        self._failed(test, error)

    def addSkip(self, test, reason):
        self._say(test, "skipped", why=reason)


def hold_trusted_root():
    """Every simulated repository has the file that git-signet looks for."""
    initialize = RepositorySimulator._initialize
    with open(TRUSTED_ROOT, "rb") as file:
        content = file.read()

    def with_trusted_root(self):
        initialize(self)
        self.add_target("targets", content, "trusted_root.json")

    RepositorySimulator._initialize = with_trusted_root


def main():
    hold_trusted_root()
    tuf.ngclient.Updater = OurUpdater
    loader = unittest.TestLoader()
    results = Results()
    for name in MODULES:
        loader.loadTestsFromModule(importlib.import_module(f"tests.{name}")).run(results)


main()
