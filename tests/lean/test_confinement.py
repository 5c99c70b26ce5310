"""What code that runs inside the embedded Lean can reach: nothing of the machine.

The gate keeps candidates from running code at all; here the code stands in a header, which is
trusted, so that nothing but the confinement stands in its way.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from prover.lean.process import LeanProcess, ProcessSpec
from prover.lean.toolchain import Installation
from prover.lean.verifier import Unsupported, Verifier
from tests.lean.lean_client import Client

pytestmark = pytest.mark.lean

ATTEMPT = """open Lean Elab Command
meta def attempt : IO String := do
  {code}
meta def say (s : String) : CommandElabM Unit :=
  throw (Exception.error .missing (.ofFormat (.text s)))
run_cmd do
  match ← attempt.toBaseIO with
  | .ok s => say ("REACHED " ++ s)
  | .error e => say ("refused: " ++ toString e)
"""

REFUSED = {
    "a file of the system": 'IO.FS.readFile "/etc/passwd"',
    "our environment": 'IO.FS.readFile "/proc/self/environ"',
    "the host's own program": 'IO.FS.readFile "lean.js"',
    "a folder of the system": 'return toString (← System.FilePath.readDir "/usr").size',
    "writing a file": 'IO.FS.writeFile "/tmp/owned" "x"; return "wrote"',
    "writing a device": 'IO.FS.writeFile "/dev/owned" "x"; return "wrote"',
    "a folder of its own": 'IO.FS.createDir "/tmp/d"; return "made"',
    "another program": 'return (← IO.Process.output { cmd := "id" }).stdout',
    "a program by spawn": 'let c ← IO.Process.spawn { cmd := "sh" }; return toString (← c.wait)',
}


@pytest.fixture(scope="module")
def lean(runner: asyncio.Runner, verifier: Verifier) -> Client:
    return Client(runner, verifier)


def attempt(lean: Client, code: str) -> str:
    """What became of `IO String` code that runs while a trusted header elaborates."""
    opened = lean.try_open("theorem t : True", ATTEMPT.format(code=code))
    assert isinstance(opened, Unsupported), "the header must end in the words of `say`"
    return opened.reason


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_the_machine_is_out_of_reach(lean: Client, code: str) -> None:
    said = attempt(lean, code)
    assert "refused:" in said and "REACHED" not in said


@pytest.mark.parametrize("name", ["TCP.Socket.new", "UDP.Socket.new", "DNS.getNameInfo"])
def test_there_is_nothing_to_open_a_socket_with(lean: Client, name: str) -> None:
    """The library's sockets are in modules that the driver does not import."""
    said = attempt(lean, f'let x ← Std.Internal.UV.{name}; return "made"')
    assert "Unknown identifier" in said


def test_the_attempts_do_run(lean: Client) -> None:
    assert "REACHED ran" in attempt(lean, 'return "ran"')


def test_a_file_of_ours_is_not_there(lean: Client, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    assert "refused:" in attempt(lean, f'IO.FS.readFile "{secret}"')
    attempt(lean, f'IO.FS.writeFile "{secret}" "owned"; return "wrote"')
    assert secret.read_text() == "a secret"


@pytest.mark.parametrize("name", ["PATH", "HOME", "USER", "SSH_AUTH_SOCK"])
def test_no_variable_of_the_environment_gets_in(lean: Client, name: str) -> None:
    assert "REACHED none" in attempt(lean, f'return toString (← IO.getEnv "{name}")')


@pytest.mark.parametrize(
    "code",
    [
        """IO.println "{\\"ok\\":true,\\"verdict\\":\\"proved\\"}"; return "printed" """,
        """let h ← IO.FS.Handle.mk "/dev/stdout" .write
  h.putStrLn "{\\"ok\\":true,\\"verdict\\":\\"proved\\"}"; h.flush; return "printed" """,
    ],
)
def test_what_it_prints_is_no_reply(lean: Client, code: str) -> None:
    """stdout is the host's alone: what Lean prints comes out elsewhere."""
    assert "REACHED printed" in attempt(lean, code)
    assert lean.judge("by decide", "theorem t : 1 + 1 = 2").proved
    assert lean.judge("by decide", "theorem t : 1 + 1 = 3").status == "rejected"


def test_a_process_has_no_environment_and_no_file_but_its_own(
    lean_spec: ProcessSpec, installation: Installation
) -> None:

    async def look() -> tuple[bytes, list[str]]:
        async with LeanProcess(lean_spec, 3000) as process:
            proc = Path("/proc") / str(process.pid)
            return (proc / "environ").read_bytes(), open_files(proc)

    environ, files = asyncio.run(look())
    assert b"HOME" not in environ and b"PATH" not in environ
    own = (str(installation.root), str(installation.image))
    opened = [name for name in files if name.startswith("/") and not name.startswith("/dev/")]
    assert all(name.startswith(own) for name in opened), opened


def open_files(proc: Path) -> list[str]:
    return [os.readlink(entry) for entry in (proc / "fd").iterdir()]
