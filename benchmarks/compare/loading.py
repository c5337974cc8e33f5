#!/usr/bin/env python3
"""Measures whether exchanges notice that plugins are loaded beside them.

Starts Sluice with one event loop and one plugin, sends requests at a fixed rate, and meanwhile loads
copies of a large Wasm module, each with a digest of its own, all at once by PUT /plugins/{name}.
Prints a Markdown table of the latency before, while they load, and after.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import peers

CONNECTIONS = 8


def relabelled(module, label):
    """Returns a module that does the same and has another digest: a custom section is added."""
    name = label.encode()
    return module + bytes([0, len(name) + 1, len(name)]) + name


def latency(url, rate, seconds, folder):
    """Returns p50, p99, p99.9 and the longest latency in ms at a fixed rate."""
    log = folder / "latency.tsv"
    log.unlink(missing_ok=True)
    subprocess.run(
        ["h2load", "--h1", f"-c{CONNECTIONS}", "-m1", f"--rps={rate / CONNECTIONS}",
         "-n", str(rate * seconds), f"--log-file={log}", url],
        capture_output=True, check=True,
    )
    lines = [line.split("\t") for line in log.read_text().splitlines()]
    bad = sum(1 for line in lines if line[1] != "200")
    if bad:
        raise RuntimeError(f"{bad} of {len(lines)} requests failed")
    times = sorted(int(line[2]) for line in lines)
    return [times[min(len(times) - 1, int(len(times) * q))] / 1000 for q in (0.5, 0.99, 0.999, 1)]


def load(admin, name, file, configuration):
    """Loads a plugin and returns when it serves."""
    entry = f'{{name: {name}, url: "file:{file}", limits: {{startTime: 60s}}, pluginConfig: {configuration}}}'
    request = urllib.request.Request(f"{admin}/plugins/{name}", data=entry.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=1200) as answer:
        answer.read()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serving", type=pathlib.Path, required=True, help="the plugin that serves (plugin.wasm)")
    parser.add_argument("--serving-config", default="{}", help="its configuration, as JSON")
    parser.add_argument("--module", type=pathlib.Path, required=True, help="the large module to be loaded")
    parser.add_argument("--module-config", default="{}", help="its configuration, as JSON")
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--rate", type=int, default=1000, help="requests/s")
    parser.add_argument("--seconds", type=int, default=10, help="length of a slice")
    return parser.parse_args()


def main():
    args = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-loading-"))
    upstream = peers.Upstream(folder)
    sluice = peers.Sluice(folder, upstream, [("serving", args.serving.resolve(), args.serving_config)])
    try:
        sluice.start()
        print(run(args, folder, sluice))
    finally:
        sluice.process.stop()
        upstream.stop()


def run(args, folder, sluice):
    """Measures and returns the table."""
    url = sluice.url("wasm:serving")
    rows = []

    def slice_of(name):
        times = latency(url, args.rate, args.seconds, folder)
        rows.append((name, times))
        print(f"{name}: " + " ".join(f"{ms:.2f}" for ms in times), file=sys.stderr)

    latency(url, args.rate, args.seconds, folder)  # warms up
    slice_of("before")
    module, run_id, failures = args.module.read_bytes(), random.randrange(10**9), []

    def one(number):
        file = folder / f"copy{number}.wasm"
        file.write_bytes(relabelled(module, f"{run_id}-{number}"))
        try:
            load(sluice.admin, f"copy{number}", file, args.module_config)
        except OSError as e:
            failures.append(f"copy{number}: {e}")

    start = time.monotonic()
    threads = [threading.Thread(target=one, args=(number,)) for number in range(args.copies)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        slice_of("while they load")
    took = time.monotonic() - start
    slice_of("after")
    if failures:
        raise RuntimeError("\n".join(failures))
    lines = ["| | p50 ms | p99 ms | p99.9 ms | longest ms |", "|---|---|---|---|---|"]
    lines += [f"| {name} | " + " | ".join(f"{ms:.2f}" for ms in times) + " |" for name, times in rows]
    return "\n".join(lines + ["", f"{args.copies} plugins loaded after {took:.0f} s."])


if __name__ == "__main__":
    main()
