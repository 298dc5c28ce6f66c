"""The acceptance suite, pointed at a deployment."""

import os
import re
import subprocess

from engine import ROOT, Failed


def acceptance(base, *arguments, **settings):
    """One run of the suite's binary: whether it passed, and all that it said."""
    environment = os.environ | {"STRAND_BASE_URL": base, "RUST_BACKTRACE": "0"} | settings
    command = ["cargo", "test", "--locked", "--workspace", "--test", "acceptance", "--", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def build():
    """So that the time of a first run is not that of the compiler."""
    if subprocess.run(["cargo", "test", "--locked", "--workspace", "--no-run"], cwd=ROOT).returncode != 0:
        raise Failed("the acceptance suite does not build")


def pass_on(base, name, threads, **settings):
    """The whole suite against a deployment: first what keeps apart by names, then, one at a time, what wants an empty
    library. Tests that need a process of their own to kill say that they were left out."""
    passed, said = acceptance(base, f"--test-threads={threads}", **settings)
    alone = sorted(set(re.findall(r"^NOT RUN (\S+): it needs an empty library", said, re.MULTILINE)))
    results = summary(said)
    if passed and alone:
        passed, more = acceptance(base, "--exact", *alone, "--test-threads=1", STRAND_TEST_WIPE="1", **settings)
        said, results = said + more, results + summary(more)
    for line in said.splitlines():
        if line.startswith("NOT RUN") and "empty library" not in line:
            print(f"  {line}")
    if not passed:
        raise Failed(f"the suite fails on {name}:\n{said[-12000:]}")
    print(f"the suite on {name}: {'; '.join(results)}", flush=True)


def summary(said):
    return re.findall(r"^test result: (.*?);? finished", said, re.MULTILINE)
