"""Machine code is loaded only from where nobody but the user and the system can have put it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from pellucid import files
from pellucid.machine.kept import trusted_folder
from pellucid.machine.library import Library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights as Unix has them")
STRANGER = 54321


def given_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a path belong to somebody else: only the super-user can, for others the user changes."""
    if os.geteuid() == 0:
        os.chown(path, STRANGER, STRANGER)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: STRANGER)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """home/cache/machine, as it should be."""
    for folder in ("home", "home/cache", "home/cache/machine"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder).chmod(0o755)
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("where", "mode", "word"),
    [
        (".", 0o755, ""),
        ("cache/machine", 0o700, ""),
        ("cache/machine", 0o777, "may write"),
        ("cache/machine", 0o757, "may write"),
        ("cache/machine", 0o1777, "may write"),  # anybody could add a file
        ("cache", 0o777, "may write"),  # anybody could put another folder in its place
        ("cache", 0o1777, ""),  # as /tmp: nobody can
        (".", 0o777, "may write"),
    ],
)
def test_who_may_write_decides(home: Path, where: str, mode: int, word: str) -> None:
    (home / where).chmod(mode)
    why = files.distrust(home / "cache/machine")
    assert word in why
    assert bool(why) == bool(word)


@pytest.mark.parametrize("where", ["cache/machine", "cache", "."])
def test_what_belongs_to_somebody_else_is_not_trusted(home: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    given_away(home / where, monkeypatch)
    assert "belongs to another user" in files.distrust(home / "cache/machine")


def test_a_link_is_judged_by_where_it_leads(home: Path) -> None:
    (home / "cache/machine").chmod(0o777)
    (home / "link").symlink_to(home / "cache/machine")
    assert "may write" in files.distrust(home / "link")


def test_a_folder_that_is_not_there_is_judged_by_those_above(home: Path) -> None:
    assert files.distrust(home / "cache/a/b") == ""
    (home / "cache").chmod(0o777)
    assert "may write" in files.distrust(home / "cache/a/b")


def test_a_group_counts_as_the_user_only_if_it_is_the_users_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "cache").chmod(0o775)
    monkeypatch.setattr(files, "_is_own_group", lambda group: group == (home / "cache").stat().st_gid)
    assert files.distrust(home / "cache") == ""
    monkeypatch.setattr(files, "_is_own_group", lambda group: False)
    assert "may write" in files.distrust(home / "cache")


def test_code_goes_elsewhere_with_a_warning(home: Path) -> None:
    open_folder = home / "cache/machine"
    open_folder.chmod(0o777)
    with pytest.warns(UserWarning, match=r"not kept in .*machine: other users may write to .*set PELLUCID_CACHE"):
        folder = trusted_folder(open_folder)
    assert folder != open_folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert files.distrust(folder) == ""
    folder.rmdir()


def test_a_trusted_folder_is_used_without_a_word(home: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trusted_folder(home / "cache/machine") == Path(os.path.realpath(home / "cache/machine"))


PLANTED = b"not machine code at all"


@pytest.mark.parametrize("how", ["mode", "owner"])
def test_code_that_others_may_have_written_is_compiled_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    planted = home / "cache/machine/scatter.code"
    planted.write_bytes(hashlib.sha256(PLANTED).digest() + PLANTED)
    library = Library(home / "cache/machine")
    if how == "mode":
        planted.chmod(0o666)
    else:
        given_away(planted, monkeypatch)
    assert not library._load("scatter")
    monkeypatch.undo()
    planted.chmod(0o666)
    assert library.need(["scatter"])["scatter"]
    assert planted.stat().st_mode & 0o022 == 0
    assert PLANTED not in planted.read_bytes()
    assert Library(home / "cache/machine")._load("scatter")


PROGRAM = """
import os, tempfile
from pellucid.machine.library import library
made = library()
print(made.folder)
if os.fork() == 0:
    raise SystemExit
os.wait()
assert made.folder.parent.exists()
made.need(["scatter"])
"""


def test_the_folder_of_one_process_goes_with_it(home: Path) -> None:
    (home / "cache").chmod(0o777)
    environment = {**os.environ, "PELLUCID_CACHE": str(home / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "other users may write to" in done.stderr
    folder = Path(done.stdout.split()[0])
    assert not folder.exists()
    assert not folder.parent.exists()
    assert list((home / "cache/machine").iterdir()) == []
