#!/usr/bin/env python3
"""Compares Sluice with Envoy, HAProxy and nginx, side by side on this machine.

Rounds are interleaved (A B C D A B C D ...), so a slow minute of the machine hits all alike, and
the figure to trust is CPU per request, read from each process' own counters. Writes a Markdown
table. A peer that is not installed is left out, and the table says so.
"""

import argparse
import datetime
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import peers

PAIRINGS = {
    "h1h1": ("h1 → h1", ["--h1", "-c32"]),
    "h2h1": ("h2c → h1", ["-c8", "-m32"]),
    "h2h2": ("h2c → h2c", ["-c8", "-m32"]),
}


# The same requests without the plugin, beside those with it.
PLAIN = "plain"


def load(url, requests, options):
    """Sends requests and returns requests per second; a failed request is an error."""
    out = subprocess.run(
        ["h2load", "-n", str(requests), *options, url], capture_output=True, text=True, check=False
    ).stdout
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", out)
    good = re.search(r"status codes: (\d+) 2xx", out)
    if not rate or not good or int(good.group(1)) != requests:
        raise RuntimeError(f"{url}: not every request succeeded:\n{out}")
    return float(rate.group(1))


def measure(peer, pairing, requests):
    """Returns (requests per second, user µs per request, system µs per request) of one round."""
    user0, system0 = peer.process.cpu()
    rate = load(peer.url(pairing), requests, PAIRINGS[pairing][1])
    user1, system1 = peer.process.cpu()
    return rate, (user1 - user0) * 1e6 / requests, (system1 - system0) * 1e6 / requests


def latency(peer, pairing, rate, seconds, folder):
    """Returns the p50, p99 and p99.9 in ms at a fixed total rate of requests per second."""
    log = folder / "latency.tsv"
    log.unlink(missing_ok=True)
    connections = 8
    options = PAIRINGS[pairing][1][:1] if "--h1" in PAIRINGS[pairing][1] else []
    subprocess.run(
        ["h2load", *options, f"-c{connections}", "-m1", f"--rps={rate / connections}",
         "-n", str(rate * seconds), f"--log-file={log}", peer.url(pairing)],
        capture_output=True, check=True,
    )
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return [times[min(len(times) - 1, int(len(times) * q))] / 1000 for q in (0.5, 0.99, 0.999)]


def version(peer):
    """Returns the version that a peer's program prints."""
    flag = {"nginx": "-v", "HAProxy": "-v"}.get(peer.name, "--version")
    done = subprocess.run([peer.program(), flag], capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    found = re.search(r"\d+\.\d+\.\d+[-\w.]*", text)
    return found.group(0).rstrip(".") if found else "?"


def spread(values):
    """Formats the median with the range."""
    return f"**{statistics.median(values):.1f}** ({min(values):.1f} to {max(values):.1f})"


def table(started, pairing, results):
    """Returns the Markdown table of one pairing."""
    envoy = results.get(("Envoy", pairing))
    haproxy = results.get(("HAProxy", pairing))
    lines = [
        f"### {PAIRINGS[pairing][0]}",
        "",
        "| | requests/s | CPU µs per request | user + system | × HAProxy | × Envoy |",
        "|---|---|---|---|---|---|",
    ]

    def ratio(rounds, base):
        if not base:
            return "–"
        pairs = [(a[1] + a[2]) / (b[1] + b[2]) for a, b in zip(rounds, base)]
        return f"{statistics.median(pairs):.2f}"

    for peer in started:
        rounds = results.get((peer.name, pairing))
        if not rounds:
            continue
        user = statistics.median(r[1] for r in rounds)
        system = statistics.median(r[2] for r in rounds)
        lines.append(
            f"| {peer.name} | {statistics.median(r[0] for r in rounds):,.0f} |"
            f" {spread([r[1] + r[2] for r in rounds])} | {user:.1f} + {system:.1f} |"
            f" {ratio(rounds, haproxy)} | {ratio(rounds, envoy)} |"
        )
    return lines + [""]


def plugin_cost(started, results, pairings):
    """Returns the table of what Wasm plugins add, by difference to the run right before without."""
    able = [peer for peer in started if peer.does("wasm")]
    lines = ["### What a Wasm plugin adds", "", "CPU µs per request.", "",
             "| | " + " | ".join(peer.name for peer in able) + " |", "|---|" + "---|" * len(able)]
    for pairing in pairings:
        cells = []
        for peer in able:
            both = zip(results[(peer.name, pairing)], results[(peer.name, PLAIN + pairing)])
            cells.append(spread([(w[1] + w[2]) - (p[1] + p[2]) for w, p in both]))
        lines.append(f"| {pairing.partition(':')[2]} | " + " | ".join(cells) + " |")
    return lines + [""]


def plugin(text):
    """Reads NAME=FILE."""
    name, _, file = text.rpartition("=")
    return name or "header-adding", pathlib.Path(file).resolve()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200_000, help="per peer, pairing and round")
    parser.add_argument("--warmup", type=int, default=500_000, help="requests per peer and pairing")
    parser.add_argument("--rate", type=int, default=4_000, help="requests/s of the latency run")
    parser.add_argument("--seconds", type=int, default=10, help="length of the latency run")
    parser.add_argument("--wasm", type=plugin, action="append", default=[], metavar="NAME=FILE",
                        help="a plugin that adds a header; may be repeated")
    parser.add_argument("--wasm-config", default='{"header":"x-hello","value":"World"}',
                        help="the configuration of the plugins, as JSON")
    parser.add_argument("--only", help="pairings, separated by commas")
    parser.add_argument("--out", type=pathlib.Path, help="replaces the generated part of this file")
    return parser.parse_args()


def main():
    args = arguments()
    if not shutil.which("h2load") or not shutil.which("nginx"):
        sys.exit("compare needs h2load (nghttp2-client) for the load and nginx for the upstream")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-compare-"))
    wasm = [(name, file, args.wasm_config) for name, file in args.wasm]
    for name, _, _ in wasm:
        PAIRINGS[f"wasm:{name}"] = (f"h1 → h1 with the Wasm plugin {name}", ["--h1", "-c32"])
    upstream = peers.Upstream(folder)
    started, missing = [], []
    try:
        for kind in peers.ALL:
            if not kind.program():
                missing.append(kind.name)
                continue
            peer = kind(folder, upstream, wasm)
            peer.start()
            started.append(peer)
        report = run(args, folder, started, missing)
    finally:
        for peer in started:
            peer.process.stop()
        upstream.stop()
    print(report)
    if args.out:
        peers.replace_part(args.out, "compare", report)


def run(args, folder, started, missing):
    """Warms up, measures and returns the report."""
    results, slow = {}, []
    wanted = args.only.split(",") if args.only else list(PAIRINGS)
    pairings = [p for p in PAIRINGS if p.split(":")[0] in [w.split(":")[0] for w in wanted]]
    for pairing in pairings:
        able = [peer for peer in started if peer.does(pairing)]
        for peer in able:
            # A native peer is warm after a second; the JVM compiles for longer.
            warm = args.warmup if peer.name == "Sluice" else args.warmup // 10
            load(peer.url(pairing), max(warm, 1000), PAIRINGS[pairing][1])
        for number in range(args.rounds):
            for peer in able:
                if pairing.startswith("wasm:"):
                    plain = measure(peer, "h1h1", args.requests)
                    results.setdefault((peer.name, PLAIN + pairing), []).append(plain)
                result = measure(peer, pairing, args.requests)
                results.setdefault((peer.name, pairing), []).append(result)
                print(f"{pairing} {number + 1}/{args.rounds} {peer.name}: "
                      f"{result[0]:,.0f}/s {result[1] + result[2]:.2f} µs", file=sys.stderr)
        for peer in able:
            slow.append((peer.name, pairing, latency(peer, pairing, args.rate, args.seconds, folder)))
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    lines = [
        f"Measured {datetime.date.today()} by `benchmarks/compare/compare.py` on {cores} shared cores:"
        f" one worker each, upstream nginx with a 12-byte answer, no access logs, {args.rounds}"
        f" interleaved rounds of {args.requests:,} requests (h1: 32 connections; h2c: 8 × 32"
        " streams). Median (range); ratios are medians of the rounds' own ratios.",
        "",
        "Versions: " + ", ".join(f"{peer.name} {version(peer)}" for peer in started) + "."
        + (f" Not installed here, so left out: {', '.join(missing)}." if missing else ""),
        "",
    ]
    for pairing in pairings:
        lines += table(started, pairing, results)
    guests = [p for p in pairings if p.startswith("wasm:")]
    if guests:
        lines += plugin_cost(started, results, guests)
    lines += [f"### Latency at {args.rate:,} requests/s", "", "| | pairing | p50 ms | p99 ms | p99.9 ms |",
              "|---|---|---|---|---|"]
    lines += [f"| {name} | {PAIRINGS[pairing][0]} | " + " | ".join(f"{ms:.2f}" for ms in times) + " |"
              for name, pairing, times in slow]
    lines += ["", "Resident memory after the run: "
              + ", ".join(f"{peer.name} {peer.process.memory()} MB" for peer in started) + ".", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
