"""axe-core, which checks a page for what keeps people out of it.

It is no part of this repository (MPL-2.0, 650 kB): npm fetches one version once into
the user's cache folder, and its hash is compared at each use.
"""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from platformdirs import user_cache_path
from playwright.sync_api import Page

VERSION = "4.14.1"
SHA_256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class MissingError(Exception):
    """axe-core is neither cached nor to be had."""


def script() -> str:
    """Return the source of axe-core.

    Raises:
        MissingError: if npm is not there, or cannot fetch it.
    """
    kept = user_cache_path("verbatim-qa") / f"axe-core-{VERSION}.min.js"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(".part")
        beside.write_bytes(_fetched())
        beside.replace(kept)
    found = kept.read_bytes()
    if hashlib.sha256(found).hexdigest() != SHA_256:
        raise MissingError(f"{kept} is not axe-core {VERSION}. Delete it.")
    return found.decode("utf-8")


def _fetched() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("no npm: apt-get install --no-install-recommends npm")
    with tempfile.TemporaryDirectory() as place:
        command = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
        done = subprocess.run(
            command, cwd=place, check=False, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise MissingError(f"npm cannot fetch axe-core: {done.stderr[-300:]}")
        (package,) = Path(place).glob("*.tgz")
        with tarfile.open(package) as archive:
            member = archive.extractfile("package/axe.min.js")
            return member.read() if member else b""


def violations(page: Page, source: str) -> list[str]:
    """Return what axe-core finds on the page as it is now."""
    page.evaluate(source)
    found = page.evaluate("(rules) => axe.run(document, { runOnly: rules })", RULES)
    return [
        f"{each['impact']}: {each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
