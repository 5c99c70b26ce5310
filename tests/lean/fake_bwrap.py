"""What a test takes for `bwrap`: it reads bubblewrap's options, starts the command in a session
of its own that dies with it, and waits. It confines nothing.

Run as `python -I -S fake_bwrap.py OPTIONS -- COMMAND`; Linux and the standard library only.
"""

import ctypes
import os
import signal
import sys

TAKES = {"--ro-bind": 2, "--ro-bind-try": 2, "--bind": 2, "--setenv": 2, "--proc": 1, "--dev": 1,
         "--tmpfs": 1, "--chdir": 1, "--cap-drop": 1, "--remount-ro": 1}  # fmt: skip
FLAGS = {"--die-with-parent", "--new-session", "--clearenv"}
PR_SET_PDEATHSIG = 1


def options(words):
    """(environment, folder, command); an option that bubblewrap has not ends the program."""
    env, folder = {}, "/"
    while words and words[0] != "--":
        name = words.pop(0)
        if name not in TAKES and name not in FLAGS and not name.startswith("--unshare-"):
            sys.exit(f"bwrap: Unknown option {name}")
        values = [words.pop(0) for _ in range(TAKES.get(name, 0))]
        if name == "--setenv":
            env[values[0]] = values[1]
        elif name == "--chdir":
            folder = values[0]
        elif name in ("--ro-bind", "--bind") and not os.path.exists(values[0]):
            sys.exit(f"bwrap: Can't find source path {values[0]}: No such file or directory")
    return env, folder, words[1:]


def main():
    env, folder, command = options(sys.argv[1:])
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        os.chdir(folder)
        os.execvpe(command[0], command, env)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)


main()
