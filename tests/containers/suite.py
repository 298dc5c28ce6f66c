"""The acceptance suite, pointed at a deployment."""

import os
import re
import subprocess

from engine import ROOT, Failed

PORTRAITS = ROOT.parent / "shared" / "data" / "portraits"


def cargo_test(features, *arguments, **environment):
    """One call of the suite's binary: whether it passed, and all that it printed."""
    chosen = ",".join(f"strand-tests/{feature}" for feature in features)
    command = ["cargo", "test", "--locked", "--workspace", "--test", "acceptance", "--features", chosen, "--", *arguments]
    environment = os.environ | {"RUST_BACKTRACE": "0"} | environment
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def ignored(features):
    """The names of the tests that are ignored with these features."""
    passed, said = cargo_test(features, "--list", "--ignored")
    if not passed:
        raise Failed(f"the acceptance suite does not build:\n{said[-4000:]}")
    return set(re.findall(r"^(\S+): test$", said, re.MULTILINE))


def build():
    """Compiles the suite, so that the time of the first run does not include it."""
    if subprocess.run(["cargo", "test", "--locked", "--workspace", "--no-run"], cwd=ROOT).returncode != 0:
        raise Failed("the acceptance suite does not build")


def pass_on(base, name, threads, feature="deployment"):
    """The whole suite against a deployment: first the tests that use names of their own, then, one at a time, those that
    need an empty library."""
    wiping = (feature, "wipe")
    alone = ignored([feature]) - ignored(wiping)
    if not alone:
        raise Failed("no test of the suite needs an empty library")
    runs = [([feature], [f"--test-threads={threads}"]), (wiping, ["--exact", *sorted(alone), "--test-threads=1"])]
    if PORTRAITS.exists():
        runs.append((wiping, ["--ignored", "portraits"]))
    results = []
    for features, arguments in runs:
        passed, said = cargo_test(features, *arguments, STRAND_BASE_URL=base)
        results += re.findall(r"^test result: (.*?);? finished", said, re.MULTILINE)
        if not passed:
            raise Failed(f"the suite fails on {name}:\n{said[-12000:]}")
        for test, reason in re.findall(r"^test (\S+) \.\.\. ignored, (.*)$", said, re.MULTILINE):
            if test not in alone and not test.startswith("portraits::"):
                print(f"  ignored: {test} ({reason})")
    print(f"the suite on {name}: {'; '.join(results)}", flush=True)
