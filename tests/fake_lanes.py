"""A process of lanes that misbehaves on demand: speaks host/lanes.cjs's protocol, a lane is a child
process that runs fake_driver.py.

Run as `python -I -S fake_lanes.py [START [ARG]]`, whose arguments go to each driver; START `deaf`
is for this process: it never ends a lane. A request's `behave` may also be one of SHARED.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

DRIVER = str(Path(__file__).with_name("fake_driver.py"))
LOCK = threading.Lock()
DRIVERS = {}


def say(data):
    with LOCK:
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]


def begin(number):
    argv = [sys.executable, "-I", "-S", DRIVER, *([] if DEAF else sys.argv[1:])]
    driver = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    DRIVERS[number] = driver
    threading.Thread(target=pump, args=(number, driver)).start()


def pump(number, driver):
    for line in driver.stdout:
        say(b"%d %b" % (number, line))
    say(b"-%d its code was %d\n" % (number, driver.wait()))


def flood(number):
    while True:
        say(b"noise " * 1000 + b"\n")


def flood_stderr(number):
    while True:
        os.write(2, b"noise " * 1000)


def flood_of_a_lane_that_is_gone(number):
    while True:
        say(b"%d %b\n" % (number + 1000, b"noise " * 1000))


def die_talking(number):
    os.write(2, b"Fatal process out of memory\n")
    os._exit(5)


SHARED = {
    "all_flood": flood,
    "all_flood_stderr": flood_stderr,
    "all_flood_gone": flood_of_a_lane_that_is_gone,
    "all_die": die_talking,
    "all_stop": lambda number: os.kill(os.getpid(), signal.SIGSTOP),
    "all_close": lambda number: os.close(1),
}


def obey(line):
    if line.startswith(b"+"):
        begin(int(line[1:]))
    elif line.startswith(b"-"):
        if not DEAF and (driver := DRIVERS.get(int(line[1:]))):
            driver.kill()
    else:
        number, request = line.split(b" ", 1)
        fields = json.loads(request)
        if size := fields.get("size"):
            say(b"=%d %d\n" % (int(number), size))
        if act := SHARED.get(fields.get("behave")):
            act(int(number))
        else:
            tell(DRIVERS[int(number)], request)


def tell(driver, request):
    try:
        driver.stdin.write(request)
        driver.stdin.flush()
    except BrokenPipeError:
        pass  # about to be reported as ended


DEAF = sys.argv[1:2] == ["deaf"]


def main():
    for line in sys.stdin.buffer:
        obey(line)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
