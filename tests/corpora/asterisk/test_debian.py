"""The real apt is replaced by a script that hands out prepared files, so that no network is needed."""

import stat
from pathlib import Path

import pytest

from espnet_soups.corpora.asterisk.debian import download_packages, package_names
from espnet_soups.errors import UserError

APT = """#!/bin/sh
echo "$@" >>"{log}"
for argument; do
    case "$argument" in Dir::State=*) private=yes ;; esac
done
for last; do :; done
case "$*" in
*update)
    test -z "{broken}" || {{ echo "E: Could not resolve host" >&2; exit 100; }}
    touch "{state}/updated"
    exit 0
    ;;
esac
if [ -n "{needs_update}" ] && {{ [ -z "$private" ] || [ ! -e "{state}/updated" ]; }}; then
    echo "E: Unable to locate package $last" >&2
    exit 100
fi
echo "content of $last" >"${{last}}_1.0_all.deb"
"""


class FakeApt:
    """An apt-get on the path, and the log of its calls."""

    def __init__(self, path: Path) -> None:
        self.path, self.log = path, path / "log"

    def install(self, needs_update: str = "", broken: str = "") -> None:
        values = {"log": self.log, "state": self.path, "needs_update": needs_update, "broken": broken}
        for name, script in (("apt-get", APT.format(**values)), ("dpkg", "#!/bin/sh\n")):
            file = self.path / name
            file.write_text(script)
            file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def calls(self) -> list[str]:
        return [" ".join(line.split()[-2:]) for line in self.log.read_text().splitlines()]


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApt:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return FakeApt(tmp_path / "bin")


def test_packages_are_downloaded_once(tmp_path: Path, apt: FakeApt) -> None:
    apt.install()
    for packages in (["snd-en"], ["snd-en", "snd-it"], ["snd-it"]):
        files = download_packages(packages, tmp_path / "d")
        assert [file.name for file in files] == [f"{package}_1.0_all.deb" for package in packages]
        assert all(file.is_absolute() and file.exists() for file in files)
    assert apt.calls() == ["download snd-en", "download snd-it"]


def test_a_damaged_package_is_downloaded_again(tmp_path: Path, apt: FakeApt) -> None:
    apt.install()
    [file] = download_packages(["snd-en"], tmp_path / "d")
    file.write_text("damaged")
    assert download_packages(["snd-en"], tmp_path / "d") == [file]
    assert file.read_text() == "content of snd-en\n"
    assert apt.calls() == ["download snd-en"] * 2


def test_without_package_lists_private_ones_are_made(tmp_path: Path, apt: FakeApt) -> None:
    apt.install(needs_update="yes")
    download_packages(["snd-en", "snd-it"], tmp_path / "d")
    assert [call.split()[-2:] for call in apt.calls()] == [
        ["download", "snd-en"],
        ["Debug::NoLocking=1", "update"],
        ["download", "snd-en"],
        ["download", "snd-it"],
    ]
    download_packages(["snd-es"], tmp_path / "d")
    assert apt.calls()[4:] == ["download snd-es"]
    assert f"Dir::State={tmp_path / 'd/apt/state'}" in apt.log.read_text()


def test_failures_say_what_to_do(tmp_path: Path, apt: FakeApt) -> None:
    apt.install(needs_update="yes", broken="yes")
    with pytest.raises(UserError) as caught:
        download_packages(["snd-en"], tmp_path / "d")
    assert str(caught.value) == (
        "apt-get cannot download snd-en (E: Could not resolve host); check the network and the apt sources"
        " (perhaps run 'apt-get update' as root), or try --source web or --audio_dir"
    )


def test_other_systems_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"the command apt-get is missing.*try --source web"):
        download_packages(["snd-en"], tmp_path / "d")


def test_names() -> None:
    assert package_names(["it"], ["en"]) == [
        "asterisk-core-sounds-en",
        "asterisk-core-sounds-it",
        "asterisk-core-sounds-it-g722",
    ]
