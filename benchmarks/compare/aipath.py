#!/usr/bin/env python3
"""Measures what the AI path of Sluice adds to plain proxying: a chat request of 4 KB, and a stream of 200 events.

One gateway with three routes to `sluice standin`: bytes as they come, `ai` before an upstream, and `ai` with `models`.
Rounds are interleaved, and CPU is read from the gateway's own counters. The time to the first token is taken by one client
that asks for one stream after the other. Writes a Markdown table.
"""

import argparse
import datetime
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import llm
import peers

EVENTS = 200
ROUTES = {"plain": "plain proxying", "ai": "`ai` before an upstream", "models": "`ai` with `models`"}


class Gateway:
    """One event loop, with a route of each kind."""

    def __init__(self, sluice, folder, provider):
        self.port = peers.free_port()
        config = folder / "sluice.yaml"
        config.write_text(f"""
admin: {{address: "127.0.0.1:{peers.free_port()}"}}
threads: 1
accessLog: {{}}
listeners:
  - {{name: web, address: "127.0.0.1:{self.port}"}}
upstreams:
  - {{name: standin, endpoints: [{{address: "127.0.0.1:{provider.port}"}}]}}
providers:
  - {{name: standin, format: openai, baseUrl: "http://127.0.0.1:{provider.port}/v1", keys: [{{value: sk-provider}}]}}
models:
  - {{name: chat, targets: [{{provider: standin, model: chat}}], price: {{input: 2.5, output: 10, per: 1M}}}}
routes:
  - {{name: plain, match: {{path: {{prefix: /plain}}}}, upstream: standin}}
  - {{name: ai, match: {{path: {{prefix: /ai}}}}, upstream: standin, ai: {{}}}}
  - {{name: models, match: {{path: {{prefix: /models}}}}, ai: {{}}}}
""")
        self.process = peers.Process([sluice, "run", "-c", str(config)], folder / "sluice.log")
        self.process.await_port(self.port, 120)


class Provider:
    """The stand-in, whose streams have 200 events."""

    def __init__(self, sluice, folder):
        self.port = peers.free_port()
        words = " ".join(f"word{number}" for number in range(EVENTS - 3))
        self.process = peers.Process(
            [sluice, "standin", "--listen", f"127.0.0.1:{self.port}", "--text", words], folder / "standin.log"
        )
        self.process.await_port(self.port, 120)


def load(gateway, route, body, requests):
    """Sends a body so many times over 8 connections; a failed exchange is an error."""
    out = subprocess.run(
        ["h2load", "--h1", "-n", str(requests), "-c8", "-d", str(body), "-H", "content-type: application/json",
         f"http://127.0.0.1:{gateway.port}/{route}/v1/chat/completions"],
        capture_output=True, text=True, check=False,
    ).stdout
    good = re.search(r"status codes: (\d+) 2xx", out)
    if not good or int(good.group(1)) != requests:
        raise RuntimeError(f"{route}: not every exchange succeeded:\n{out}")


def cpu(gateway, route, body, requests):
    """Returns the CPU µs per exchange of one round."""
    before = sum(gateway.process.cpu())
    load(gateway, route, body, requests)
    return (sum(gateway.process.cpu()) - before) * 1e6 / requests


def first_token(gateway, route, body, requests):
    """Returns the median time to the first content in ms."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    times = []
    for _ in range(requests):
        begun = time.perf_counter()
        connection.request("POST", f"/{route}/v1/chat/completions", body, {"content-type": "application/json"})
        response = connection.getresponse()
        line = b""
        while b'"content":"word' not in line:
            line = response.readline()
            if not line:
                raise RuntimeError(f"{route}: a stream without content")
        times.append((time.perf_counter() - begun) * 1e3)
        response.read()
    connection.close()
    return statistics.median(times)


def run(args, folder):
    """Starts all, warms up, measures and returns the report."""
    exchange = json.loads(llm.exchange())
    exchange.pop("tools")
    exchange["user"] = "x" * (4096 - len(json.dumps(exchange)) + len(exchange["user"]))
    whole, stream = folder / "whole.json", folder / "stream.json"
    whole.write_text(json.dumps(exchange))
    streamed = json.dumps(exchange | {"stream": True})
    stream.write_text(streamed)
    provider = Provider(args.sluice, folder)
    gateway = None
    figures = {route: {"whole": [], "stream": [], "first": []} for route in ROUTES}
    try:
        gateway = Gateway(args.sluice, folder, provider)
        for route in ROUTES:
            load(gateway, route, whole, args.warmup)
            load(gateway, route, stream, args.warmup // 10)
        for number in range(args.rounds):
            for route in ROUTES:
                figure = figures[route]
                figure["whole"].append(cpu(gateway, route, whole, args.requests))
                figure["stream"].append(cpu(gateway, route, stream, args.requests // 10))
                figure["first"].append(first_token(gateway, route, streamed, 100))
                print(f"{number + 1}/{args.rounds} {route}: {figure['whole'][-1]:.1f} µs,"
                      f" {figure['stream'][-1]:.0f} µs, {figure['first'][-1]:.2f} ms", file=sys.stderr)
    finally:
        if gateway:
            gateway.process.stop()
        provider.process.stop()
    lines = ["| | chat of 4 KB, CPU µs | added | stream of 200 events, CPU µs | added | first token, ms | added |",
             "|---|---|---|---|---|---|---|"]
    for route, name in ROUTES.items():
        cells = [name]
        for kind, digits in (("whole", 1), ("stream", 0), ("first", 2)):
            base = figures["plain"][kind]
            added = statistics.median(one - other for one, other in zip(figures[route][kind], base))
            cells.append(f"**{statistics.median(figures[route][kind]):,.{digits}f}**")
            cells.append("" if route == "plain" else f"{added:,.{digits}f}")
        lines.append("| " + " | ".join(cells) + " |")
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    return "\n".join([
        f"Measured {datetime.date.today()} by `benchmarks/compare/aipath.py` on {cores} shared cores: one worker, no access"
        f" log, 8 connections, {args.rounds} interleaved rounds; medians, what is added by the rounds' own differences.",
        "", *lines, "",
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=10_000, help="of a round; streams are a tenth")
    parser.add_argument("--warmup", type=int, default=30_000, help="of each route; streams are a tenth")
    parser.add_argument("--sluice", default=str(peers.REPOSITORY / "sluice"), help="the command to start")
    parser.add_argument("--out", type=pathlib.Path, help="replaces the generated part of this file")
    args = parser.parse_args()
    report = run(args, pathlib.Path(tempfile.mkdtemp(prefix="sluice-aipath-")))
    print(report)
    if args.out:
        peers.replace_part(args.out, "aipath", report)


if __name__ == "__main__":
    main()
