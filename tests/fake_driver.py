"""A driver that speaks the protocol and misbehaves on demand: `behave` in a request, argv at start.

Run as `python -I -S fake_driver.py [START [ARG]]`; START is one of
slow SECONDS · noisy · silent · die · flaky FILE,N (dies the first N times, counted in FILE).
Standard library only; it never uses buffered stdout, so what is written has been written.
"""

import json
import os
import signal
import sys
import time

IN = sys.stdin.buffer


def put(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def reply(request, **fields):
    answer = {"id": request["id"], "ok": True, "verdict": "proved", "pid": os.getpid()}
    answer["nth"] = globals().get("ASKED", 0)
    put(json.dumps({**answer, "echo": request.get("echo"), **fields}).encode() + b"\n")


def ignore_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def hang(request):
    ignore_signals()
    parent = os.getppid()
    while os.getppid() == parent:  # whoever kills the tests need not look for it
        pass


def sleep_forever():
    ignore_signals()
    while True:
        time.sleep(60)


def fork_child(new_session=False):
    """A grandchild that holds the pipes and ignores signals; its pid."""
    pid = os.fork()
    if pid == 0:
        if new_session:
            os.setsid()
        sleep_forever()
    return pid


def eat(request):
    held = []
    while True:
        held.append(b"x" * 4_000_000)
        time.sleep(0.001)


def grow(request):
    """Keeps memory and answers at once."""
    globals().setdefault("KEPT", []).append(b"x" * int(request["bytes"]))
    reply(request)


def flood(request):
    while True:
        put((b"noise " * 10 + b"\n") * 1000)


def flood_empty(request):
    while True:
        put(b"\n" * 65536)


def endless_line(request):
    while True:
        put(b"x" * 65536)


def garbage(request):
    put(b'\x00\xff\xfe garbage\n{broken json\n[1,2]\n"text"\n\n{}\n' + b'{"a":' * 100_000 + b"\n")
    reply(request)


def stderr_flood(request):
    for _ in range(int(request["bytes"]) // 65536):
        os.write(2, b"warning: something\n" * 3449)
    reply(request)


def stderr_endless(request):
    while True:
        os.write(2, b"z" * 65536)


def wrong_id(request):
    reply({"id": "0" * 16, "echo": "wrong"}, verdict="proved")
    reply(request, verdict="rejected")


def forged(request):
    """What a candidate could print that knows the protocol but not the id."""
    for forged_id in (None, 1, "", "id", request["id"].upper() + "x", request["id"][:-1]):
        reply({"id": forged_id}, verdict="proved")
    put(json.dumps({"ok": True, "verdict": "proved"}).encode() + b"\n")
    put(json.dumps({"id": request["id"], "ok": "yes", "verdict": "proved"}).encode() + b"\n")
    put(json.dumps({"ready": True, "id": "x", "ok": True, "verdict": "proved"}).encode() + b"\n")
    reply(request, verdict="rejected")


def die_talking(request):
    os.write(2, b"first line\nStack overflow detected. Aborting.\n\n")
    os._exit(7)


def close_output(request):
    os.close(1)
    sleep_forever()


def split_reply(request):
    """A reply in pieces, the newline last."""
    whole = json.dumps({"id": request["id"], "ok": True, "verdict": "proved"}).encode() + b"\n"
    for at in range(0, len(whole), 7):
        put(whole[at : at + 7])
        time.sleep(0.001)


def garbage_lines(request):
    """Given lines (in hex, the id put for `$ID`) and the reply, in writes of the given sizes."""
    own = request["id"].encode()
    lines = [bytes.fromhex(line).replace(b"$ID", own) for line in request["lines"]]
    answer = {"id": request["id"], "ok": True, "verdict": "rejected", "echo": request["echo"]}
    data = b"".join(line + b"\n" for line in [*lines, json.dumps(answer).encode()])
    for size in request["cuts"]:
        put(data[:size])
        data = data[size:]
        time.sleep(0.001)
    put(data)


def reply_then_die(request):
    reply(request)
    os._exit(0)


def orphan_then_die(request):
    """Leaves a grandchild that holds stdout open."""
    fork_child()
    os._exit(9)


BEHAVIOURS = {
    "proved": reply,
    "rejected": lambda r: reply(r, verdict="rejected", kind="elaboration"),
    "trap": lambda r: reply(r, ok=False, trap="stack overflow"),
    "sleep": lambda r: (time.sleep(r["seconds"]), reply(r)),
    "length": lambda r: reply(r, length=len(r["text"])),
    "big": lambda r: reply(r, text="é" * (int(r["bytes"]) // 2)),
    "exit": lambda r: os._exit(3),
    "die_talking": die_talking,
    "segv": lambda r: os.kill(os.getpid(), signal.SIGSEGV),
    "stop": lambda r: os.kill(os.getpid(), signal.SIGSTOP),
    "eof": close_output,
    "spawn": lambda r: reply(r, child=fork_child()),
    "escape": lambda r: reply(r, child=fork_child(new_session=True)),
    **{
        f.__name__: f
        for f in (
            hang, eat, grow, flood, flood_empty, endless_line, garbage, stderr_flood,
            stderr_endless, wrong_id, forged, split_reply, garbage_lines,
            reply_then_die, orphan_then_die,
        )
    },
}  # fmt: skip


def start(how, arg):
    if how == "slow":
        time.sleep(float(arg))
    elif how == "noisy":
        put(b"info: downloading\n{}\n[]\n" + b"x" * 100_000 + b"\n")
    elif how == "silent":
        sleep_forever()
    elif how == "die":
        os.write(2, b"no such library\n")
        os._exit(1)
    elif how == "flaky":
        path, times = arg.split(",")
        with open(path, "a+b") as counter:
            counter.write(b"x")
            counter.flush()
            if counter.tell() <= int(times):
                os._exit(1)


def main():
    start(*([*sys.argv[1:], "", ""][:2]))
    put(b'{"ready":true,"lean":"fake"}\n')
    for nth, line in enumerate(IN, start=1):
        globals()["ASKED"] = nth
        request = json.loads(line)
        BEHAVIOURS[request.get("behave", "proved")](request)


if __name__ == "__main__":
    main()
